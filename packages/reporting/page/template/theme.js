// Light or dark as the system has it until a person chooses; the command to copy.
const dark = matchMedia("(prefers-color-scheme: dark)");

function startTheme() {
  const button = byId("theme");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const show = () => setText(button, isDark() ? "Light" : "Dark");
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    show();
  });
  dark.addEventListener("change", show);
  show();
}

function startCopy() {
  byId("copy")?.addEventListener("click", async () => {
    const command = byId("command");
    try {
      await navigator.clipboard.writeText(command.textContent);
      setText(byId("copied"), "copied");
    } catch {
      getSelection().selectAllChildren(command); // no clipboard for a page from disk in some browsers
      setText(byId("copied"), "selected: copy it with the keyboard");
    }
  });
}
