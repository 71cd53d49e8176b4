// Comfort for every page: one submit per press, keys, layers, copy, theme. Pages work without it.
(function () {
  "use strict";

  const hotline = (window.hotline = window.hotline || {});

  // Enter or Space that confirms an input-method candidate belongs to the input method, not to us.
  hotline.isComposing = (event) => event.isComposing || event.keyCode === 229;

  const RELEASE_MS = 10000;

  // ---- one submit per press ---------------------------------------------------------------------------------
  // The idempotency token in the form is the real guard; this spares the wait and the second request.
  function release(form) {
    delete form.dataset.submitting;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // getAttribute, because an input named "method" or "target" would hide the property
    if (event.defaultPrevented || form.getAttribute("method") !== "post" || form.getAttribute("target")) return;
    if (form.dataset.submitting) {
      event.preventDefault();
      return;
    }
    form.dataset.submitting = "1";
    // aria-busy, not disabled: a disabled button would drop its own name=value from the request.
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
    // A download never leaves the page, a dead line never answers: let people try again, with the same token.
    setTimeout(() => release(form), RELEASE_MS);
  });
  // Back from the next page, with the old page out of the cache: its buttons must work again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-submitting]").forEach(release);
  });

  // ---- keys ---------------------------------------------------------------------------------------------------
  const isVisible = (node) => node.offsetParent !== null;
  const isTyping = (node) => Boolean(node.closest && node.closest("input, textarea, select, [contenteditable]"));

  function keyName(event) {
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    return (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.shiftKey && key !== "?" ? "Shift+" : "") + key;
  }

  // Elements announce their key (data-key="F2"), so remapping is the server's matter.
  function pressKeyed(name) {
    const target = Array.from(document.querySelectorAll("[data-key]")).find(
      (node) => node.dataset.key.replace(/ /g, "+") === name && !node.disabled && isVisible(node)
    );
    if (!target) return false;
    if (target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) {
      target.focus();
      if (target.select) target.select();
    } else {
      target.click();
    }
    return true;
  }

  function submitPrimary(from) {
    const form = from.closest("form");
    const own = form && form.querySelector("[data-primary]");
    const button = own || Array.from(document.querySelectorAll("main [data-primary]")).find(isVisible);
    if (!button || button.disabled || !button.form) return false;
    button.form.requestSubmit(button);
    return true;
  }

  function closeTop() {
    const panels = document.querySelectorAll("details[data-panel][open]");
    const panel = panels[panels.length - 1];
    if (panel) closePanel(panel);
    return Boolean(panel);
  }

  function closePanel(panel) {
    panel.open = false;
    panel.querySelector("summary").focus();
  }

  document.addEventListener("keydown", (event) => {
    if (hotline.isComposing(event) || event.defaultPrevented || !event.key) return;
    const name = keyName(event);
    const isPlain = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
    if (event.altKey || (isPlain && isTyping(event.target))) return;
    if (document.querySelector("dialog[open]")) return; // the layer owns the keys; Esc closes it by itself
    const isDone =
      name === "?" ? openLayer("key-sheet") :
      name === "Escape" ? closeTop() :
      pressKeyed(name) || (name === "Ctrl+Enter" && submitPrimary(event.target));
    if (isDone) event.preventDefault();
  });

  // ---- layers, panels -------------------------------------------------------------------------------------------
  function openLayer(id) {
    const layer = document.getElementById(id);
    if (!layer || !layer.showModal) return false;
    layer.showModal();
    return true;
  }

  // One open panel at a time, and the first field has the focus.
  document.addEventListener("toggle", (event) => {
    const panel = event.target;
    if (!panel.matches || !panel.matches("details[data-panel]") || !panel.open) return;
    panel.parentElement.querySelectorAll("details[data-panel][open]").forEach((other) => {
      if (other !== panel) other.open = false;
    });
    const first = panel.querySelector("form .control, form input:not([type=hidden])");
    if (first) first.focus();
  }, true);

  // ---- clicks ---------------------------------------------------------------------------------------------------
  // A source text goes to the end of the field it is offered for, in the same form.
  function insertText(button) {
    const box = button.closest("form").elements[button.dataset.insert];
    const text = button.closest("blockquote").querySelector("[data-text]").textContent.trim();
    box.value = box.value ? box.value.trimEnd() + "\n" + text : text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }

  async function copyText(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch (refused) {
      // Plain http has no clipboard API.
      const box = Object.assign(document.createElement("textarea"), { value: button.dataset.copy, readOnly: true });
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    button.textContent = "已复制";
    setTimeout(() => { button.textContent = "复制"; }, 2000);
  }

  function toggleTheme() {
    const root = document.documentElement;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try { localStorage.setItem("hotline-theme", root.dataset.theme); } catch (refused) { /* lasts for this page only */ }
  }

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest && event.target.closest(selector);
    if (hit("[data-copy]")) copyText(hit("[data-copy]"));
    else if (hit("[data-insert]")) insertText(hit("[data-insert]"));
    else if (hit("[data-theme-toggle]")) toggleTheme();
    else if (hit("[data-opens]")) openLayer(hit("[data-opens]").dataset.opens);
    else if (hit("[data-close-panel]")) closePanel(hit("details[data-panel]"));
  });

  // The error summary takes the focus, so that screen readers and eyes start there.
  document.addEventListener("DOMContentLoaded", () => {
    const summary = document.querySelector("[data-focus]");
    if (summary) summary.focus();
  });
})();
