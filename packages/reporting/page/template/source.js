// The data source: this file, or the local server.
const CURVE_BYTES = 2048;
const LEVELS = 256;

function readJson(id) {
  const node = byId(id);
  return node && node.textContent.trim() ? JSON.parse(node.textContent) : null;
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

async function curvesFrom(compressed) {
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  return Array.from({ length: buffer.byteLength / CURVE_BYTES }, (_, k) => ({
    area: new Uint32Array(buffer, k * CURVE_BYTES, LEVELS),
    score: new Float32Array(buffer, k * CURVE_BYTES + CURVE_BYTES / 2, LEVELS),
  }));
}

class EmbeddedSource {
  constructor() {
    this.pictures = readJson("pictures-data");
    this.lazy = false;
  }

  async gallery() { return readJson("gallery-data"); }

  image(k, large) {
    if (large && this.pictures.full) return `${this.pictures.full}/${k}.webp`;
    const data = this.pictures.images[k];
    return data ? `data:image/webp;base64,${data}` : null;
  }

  async map(k) {
    const data = this.pictures.maps[k];
    return data ? new Blob([bytesOf(data)], { type: "image/png" }) : null;
  }

  async outlines(k) { return this.pictures.outlines[k] ?? { truth: null, prediction: null }; }

  async curves() {
    return curvesFrom(bytesOf(byId("curves-data").textContent));
  }

  async notes() { return {}; }
}

class RemoteSource {
  constructor() { this.lazy = true; }

  async #get(path) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer;
  }

  async gallery() { return (await this.#get("/gallery.json")).json(); }

  image(k, large) { return `/images/${k}.webp?size=${large ? 1024 : devicePixelRatio > 1 ? 384 : 192}`; }

  async map(k) {
    const answer = await this.#get(`/maps/${k}.png`);
    return answer.status === 204 ? null : answer.blob();
  }

  async outlines(k) { return (await this.#get(`/outlines/${k}.json`)).json(); }

  async curves(progress) {
    for (;;) {
      const answer = await this.#get("/curves");
      if (answer.status === 200) return curvesFrom(await answer.arrayBuffer());
      const { done, of } = await answer.json();
      progress(done, of);
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  }

  async notes() { return SETUP.notes ? (await this.#get("/notes.json")).json() : {}; }

  async saveNote(k, text) {
    const answer = await fetch(`/notes/${k}`, {
      method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text }),
    });
    if (!answer.ok) throw new Error(`the server responded with status ${answer.status}`);
  }
}

const SETUP = readJson("setup");
