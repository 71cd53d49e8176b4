// <form data-autosave-url="/drafts/7" data-autosave-seconds="4">: posts the form there while it changes; answer 2xx JSON
// {"saved_at": "10:42:18"}. When the server cannot be reached, the text is kept in this browser and offered again.
// [data-autosave-status] inside the form, or anywhere with data-autosave-for=<form id>, tells how it stands.
(function () {
  "use strict";
  const DEFAULT_SECONDS = 4;
  const KEPT_MS = 24 * 3600 * 1000;
  const KEY_START = "hotline-draft:";
  const NOT_KEPT = ["csrf_token", "idempotency_key"];

  function statusOf(form) {
    return form.querySelector("[data-autosave-status]") || (form.id && document.querySelector("[data-autosave-for='" + form.id + "']"));
  }

  function tell(form, text, isLocal) {
    const status = statusOf(form);
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("is-local", Boolean(isLocal));
  }

  const time = () => new Date().toLocaleTimeString("zh-CN", { hour12: false });

  function entries(form) {
    const secret = Array.from(form.querySelectorAll("[type=password]"), (input) => input.name);
    return Array.from(new FormData(form)).filter(
      ([name, value]) => typeof value === "string" && !NOT_KEPT.includes(name) && !secret.includes(name)
    );
  }

  const storeKey = (form) => KEY_START + form.dataset.autosaveUrl;

  // The browser's copy is only for the gap: it goes as soon as the server has the text, and after a day in any case.
  const store = {
    put(form) {
      const copy = JSON.stringify({ at: Date.now(), entries: entries(form) });
      try { localStorage.setItem(storeKey(form), copy); return true; } catch (full) { return false; }
    },
    read(key) {
      try { return JSON.parse(localStorage.getItem(key) || "null"); } catch (broken) { return null; }
    },
    get(form) {
      const copy = store.read(storeKey(form));
      return copy && copy.entries;
    },
    dropOld() {
      const isOld = (key) => key.startsWith(KEY_START) && Date.now() - ((store.read(key) || {}).at || 0) > KEPT_MS;
      try { Object.keys(localStorage).filter(isOld).forEach((key) => localStorage.removeItem(key)); } catch (refused) { /* nothing kept */ }
    },
    drop(form) {
      try { localStorage.removeItem(storeKey(form)); } catch (refused) { /* nothing was kept */ }
    },
  };

  async function send(form) {
    const body = new FormData();
    entries(form).forEach(([name, value]) => body.append(name, value));
    const token = form.querySelector("[name=csrf_token]");
    const answer = await fetch(form.dataset.autosaveUrl, {
      method: "POST", body, credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": token ? token.value : "" },
    });
    // 403: the form's token went with the session
    if ([401, 403].includes(answer.status) || answer.redirected) document.getElementById("session-bar").hidden = false;
    if (!answer.ok || answer.redirected) throw new Error("draft refused: " + answer.status);
    return answer.json().catch(() => ({}));
  }

  function watch(form) {
    const seconds = Number(form.dataset.autosaveSeconds) || DEFAULT_SECONDS;
    let isDirty = false, isSending = false;

    async function save() {
      if (!isDirty || isSending || form.dataset.submitting) return;
      isDirty = false;
      isSending = true;
      try {
        const answer = await send(form);
        if (!isDirty) store.drop(form);
        tell(form, "草稿已自动保存 " + (answer.saved_at || time()));
      } catch (unreachable) {
        isDirty = true;
        tell(form, store.put(form) ? "暂存在本机 " + time() + "，恢复连接后同步" : "草稿未能保存，请勿关闭本页", true);
      } finally {
        isSending = false;
      }
    }

    const touched = () => { isDirty = true; };
    form.addEventListener("input", touched);
    form.addEventListener("change", touched);
    form.addEventListener("hotline:chosen", touched);
    form.addEventListener("keydown", (event) => {
      if (!window.hotline.isComposing(event) && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        isDirty = true;
        save();
      }
    });
    setInterval(save, seconds * 1000);
    // The last keystrokes before the tab goes: the copy in this browser needs no network.
    document.addEventListener("visibilitychange", () => { if (document.hidden && isDirty) { store.put(form); save(); } });
    offer(form, touched);
  }

  function offer(form, touched) {
    const kept = store.get(form);
    if (!kept || JSON.stringify(kept) === JSON.stringify(entries(form))) return;
    const bar = document.createElement("div");
    bar.className = "notice is-warn";
    bar.setAttribute("role", "status");
    bar.append("本机有一份未同步的草稿。", button("恢复", () => { fill(form, kept); touched(); bar.remove(); }),
      button("放弃", () => { store.drop(form); bar.remove(); }));
    form.prepend(bar);
  }

  function button(text, act) {
    const node = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm", textContent: text });
    node.addEventListener("click", act);
    return node;
  }

  function fill(form, kept) {
    // Of the hidden inputs only those that hold a type-ahead's choice are the person's own.
    form.querySelectorAll("input:not([type=file]):not([type=hidden]), input[id$='-code'], select, textarea").forEach((input) => {
      const values = kept.filter(([name]) => name === input.name).map(([, value]) => value);
      if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
      else if (values.length) input.value = values[0];
      input.dispatchEvent(new CustomEvent("hotline:filled"));
    });
  }

  // Logged in again in another window: the forms of this page get the new session's token and go on.
  async function renewTokens() {
    const bar = document.getElementById("session-bar");
    if (document.hidden || !bar || bar.hidden) return;
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[name=csrf_token]");
    const isLogIn = new URL(answer.url).pathname === "/login";
    if (!answer.ok || isLogIn || !fresh) return;
    document.querySelectorAll("[name=csrf_token]").forEach((input) => { input.value = fresh.value; });
    bar.hidden = true;
  }

  document.addEventListener("DOMContentLoaded", () => {
    store.dropOld();
    document.querySelectorAll("form[data-autosave-url]").forEach(watch);
    document.addEventListener("visibilitychange", renewTokens);
  });
})();
