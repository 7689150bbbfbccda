"""One unary gRPC method on localhost: Send(name, args, kwargs) -> payload."""

import io
import os
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import Any

import grpc
import pandas as pd
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PORT = "GATEWAY_PORT"
"""The variable with the port, so that tests can run at the same time; Kaggle's is 50051."""
SECONDS = 60
PACKAGE = "kaggle_evaluation_client"
METHOD = f"/{PACKAGE}.KaggleEvaluationService/Send"
OPTIONS = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1),
           ("grpc.enable_http_proxy", 0)]  # fmt: skip

TEXT, BOOL, INT, DOUBLE, BYTES, MESSAGE = 9, 8, 18, 1, 12, 11  # types of descriptor.proto
VALUES = {
    "str_value": TEXT, "bool_value": BOOL, "int_value": INT, "float_value": DOUBLE,
    "none_value": BOOL, "list_value": "PayloadList", "tuple_value": "PayloadList",
    "dict_value": "PayloadMap", "pandas_dataframe_value": BYTES,
}  # fmt: skip


def _field(message: Any, name: str, number: int, kind: int | str, *, repeated: bool = False) -> Any:
    field = message.field.add(name=name, number=number, label=3 if repeated else 1)
    field.type = MESSAGE if isinstance(kind, str) else kind
    if isinstance(kind, str):
        field.type_name = f".{PACKAGE}.{kind}"
    return field


def _map(message: Any, name: str, number: int) -> None:
    """Add a field map<string, Payload>."""
    entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
    entry.options.map_entry = True
    _field(entry, "key", 1, TEXT)
    _field(entry, "value", 2, "Payload")
    _field(message, name, number, f"{message.name}.{entry.name}", repeated=True)


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="gateway.proto", package=PACKAGE)
    file.syntax = "proto3"
    request, response, payload, several, named = (
        file.message_type.add(name=name)
        for name in ("KaggleEvaluationRequest", "KaggleEvaluationResponse", "Payload",
                     "PayloadList", "PayloadMap")
    )  # fmt: skip
    _field(request, "name", 1, TEXT)
    _field(request, "args", 2, "Payload", repeated=True)
    _map(request, "kwargs", 3)
    _field(response, "payload", 1, "Payload")
    payload.oneof_decl.add(name="value")
    for number, (name, kind) in enumerate(VALUES.items(), start=1):
        _field(payload, name, number, kind).oneof_index = 0
    _field(several, "payloads", 1, "Payload", repeated=True)
    _map(named, "payload_map", 1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        one.name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"{PACKAGE}.{one.name}")
        )
        for one in file.message_type
    }


_made = _classes()
Request, Response = _made["KaggleEvaluationRequest"], _made["KaggleEvaluationResponse"]
Payload, PayloadList = _made["Payload"], _made["PayloadList"]


def serialize(value: Any) -> Any:
    """Return the payload of a value; only of the types that tests use."""
    if isinstance(value, pd.DataFrame):
        packed = io.BytesIO()
        value.to_parquet(packed, index=False)
        return Payload(pandas_dataframe_value=packed.getvalue())
    if isinstance(value, str):
        return Payload(str_value=value)
    if isinstance(value, list):
        return Payload(list_value=PayloadList(payloads=map(serialize, value)))
    raise TypeError(f"{type(value)} cannot be sent")


def deserialize(payload: Any) -> Any:
    """Return the value of a payload."""
    kind = payload.WhichOneof("value")
    if kind == "pandas_dataframe_value":
        return pd.read_parquet(io.BytesIO(payload.pandas_dataframe_value))
    if kind == "list_value":
        return list(map(deserialize, payload.list_value.payloads))
    return payload.str_value


def _address() -> str:
    return f"localhost:{os.environ.get(PORT, '50051')}"


class Client:
    """Sends calls to the server of the notebook."""

    def __init__(self) -> None:
        self.channel = grpc.insecure_channel(_address(), options=OPTIONS)

    def send(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the server; waits until the server is there."""
        request = Request(name=name, args=map(serialize, args))
        for key, value in kwargs.items():
            request.kwargs[key].CopyFrom(serialize(value))
        call = self.channel.unary_unary(
            METHOD,
            request_serializer=Request.SerializeToString,
            response_deserializer=Response.FromString,
        )
        return deserialize(call(request, timeout=SECONDS, wait_for_ready=True).payload)

    def close(self) -> None:
        """Close the connection."""
        self.channel.close()


def define_server(listeners: Sequence[Callable[..., Any]]) -> grpc.Server:
    """Return a server, not started, of functions that are called by their names."""
    named = {one.__name__: one for one in listeners}

    def send(request: Any, _: Any) -> Any:
        kwargs = {name: deserialize(value) for name, value in request.kwargs.items()}
        value = named[request.name](*map(deserialize, request.args), **kwargs)
        return Response(payload=serialize(value))

    handler = grpc.unary_unary_rpc_method_handler(
        send,
        request_deserializer=Request.FromString,
        response_serializer=Response.SerializeToString,
    )
    service, _, method = METHOD[1:].partition("/")
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1), options=OPTIONS)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    server.add_insecure_port(_address())
    return server
