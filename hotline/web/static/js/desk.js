// The intake desk: parts of the page follow what is typed, digits choose the type, Enter goes on, answers are inserted.
// Everything here has a plain button that does the same on the server.
(function () {
  "use strict";
  const SEARCH_WAIT_MS = 200, CALLER_WAIT_MS = 400, SUGGEST_WAIT_MS = 500, BUSY_AFTER_MS = 200, STANDS_AFTER_MS = 3000;
  const MIN_QUESTION = 2, MIN_PHONE = 7, FROM_BODY = 60;
  const NEEDS = {
    caller: ["contact_phone", "uscc", "enterprise_name"],
    proposal: ["appeal_type", "category_code", "region_code", "urgency", "respondent_unit_code"],
    suggestion: ["title", "body", "category_code", "contact_phone", "uscc", "respondent_unit_code"],
    search: ["kb_q", "kb_type", "kb_region", "kb_past"],
  };

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("desk");
    if (form) start(form);
  });

  function start(form) {
    const field = (name) => form.elements.namedItem(name);
    const box = (part) => document.getElementById("part-" + part);
    const question = field("kb_q");
    const filled = {}; // what we filled in ourselves: it gives way to the next caller, and never finds one
    const asked = {};
    const timers = {};
    let isComposing = false;
    let lastAuto = "";

    // ---- parts ------------------------------------------------------------------------------------------------
    async function draw(part) {
      const mine = (asked[part] = (asked[part] || 0) + 1);
      const slow = setTimeout(() => box(part).setAttribute("aria-busy", "true"), BUSY_AFTER_MS);
      try {
        const answer = await fetch("/desk/part/" + part, {
          method: "POST", body: bodyFor(part), credentials: "same-origin", headers: { "X-CSRFToken": field("csrf_token").value },
        });
        if (answer.redirected) document.getElementById("session-bar").hidden = false;
        if (!answer.ok || answer.redirected || mine !== asked[part]) return;
        box(part).innerHTML = await answer.text();
        if (part === "caller") prefill();
        if (part === "search") stands();
      } catch (unreachable) {
        // What was shown stays; the draft's status line tells that the line is dead.
      } finally {
        clearTimeout(slow);
        if (mine === asked[part]) box(part).removeAttribute("aria-busy");
      }
    }

    function bodyFor(part) {
      const body = new FormData();
      for (const name of NEEDS[part]) {
        const node = field(name), value = node.type === "checkbox" && !node.checked ? "" : node.value;
        if (part !== "caller" || value !== filled[name]) body.append(name, value);
      }
      return body;
    }

    function later(part, wait) {
      clearTimeout(timers[part]);
      timers[part] = setTimeout(() => draw(part), wait);
    }

    // ---- caller -----------------------------------------------------------------------------------------------
    function prefill() {
      const known = box("caller").querySelector("[data-prefill]");
      const values = known ? JSON.parse(known.dataset.prefill) : { enterprise_name: "", uscc: "", region_code: "" };
      for (const [name, value] of Object.entries(values)) {
        const node = field(name);
        if (node.value && node.value !== filled[name]) continue; // typed by hand
        if (node.value === value) continue;
        node.value = filled[name] = value;
        node.dispatchEvent(new CustomEvent("hotline:filled"));
        form.dispatchEvent(new CustomEvent("hotline:chosen"));
        if (NEEDS.proposal.includes(name)) later("proposal", 0);
      }
    }

    const digits = (text) => text.replace(/\D/g, "").length;
    const mayAsk = (node) => node.name !== "contact_phone" || digits(node.value) >= MIN_PHONE;

    // ---- search -----------------------------------------------------------------------------------------------
    function search() {
      const length = question.value.trim().length;
      if (length >= MIN_QUESTION || !length) later("search", SEARCH_WAIT_MS);
    }

    function ask(text) {
      question.value = text;
      draw("search");
      question.focus();
    }

    // A question counts once it stands, not at every letter; with the answer that was taken, if one was.
    const record = { q: "", id: "", last: Promise.resolve() };

    function stands() {
      clearTimeout(timers.stands);
      if (question.value === lastAuto) return; // the appeal's own words, not a question
      if (question.value.trim().length >= MIN_QUESTION) timers.stands = setTimeout(() => keep(""), STANDS_AFTER_MS);
    }

    // One after the other: what is taken belongs to the question just recorded.
    function keep(citation) {
      clearTimeout(timers.stands);
      const q = question.value.trim() || field("title").value.trim();
      return (record.last = record.last.then(() => send(q, citation)));
    }

    async function send(q, citation) {
      if (q === record.q && !citation) return;
      const body = new FormData(form);
      body.set("q", q);
      if (citation) body.set("citation", citation);
      if (q === record.q && record.id) body.set("search_id", record.id);
      const answer = await post("/knowledge/asked", body);
      const said = answer && answer.ok ? await answer.json().catch(() => null) : null;
      Object.assign(record, { q, id: (said && said.search_id) || "" });
    }

    const post = (url, body) =>
      fetch(url, { method: "POST", body, credentials: "same-origin", keepalive: true, headers: { "X-CSRFToken": field("csrf_token").value } }).catch(() => null);

    async function registerGap(button) {
      const told = box("search").querySelector("[data-gap-told]");
      const body = new FormData(form);
      body.set("question", button.value);
      body.set("unit_code", field("gap_unit").value);
      if (!field("gap_unit").value) {
        told.textContent = "请选择由哪个单位补充";
        field("gap_unit").focus();
        return;
      }
      button.setAttribute("aria-busy", "true");
      await keep("");
      const answer = await post("/knowledge/missing", body);
      const said = answer && (await answer.json().catch(() => null));
      button.removeAttribute("aria-busy");
      told.className = answer && answer.ok ? "small ink-ok" : "small ink-bad";
      told.textContent = said ? said.message : "未能登记，请重试";
      button.hidden = Boolean(answer && answer.ok);
    }

    function searchFromAppeal(isAsked) {
      if (!isAsked && question.value && question.value !== lastAuto) return; // the agent's own question stays
      const text = (field("title").value.trim() || field("body").value.trim().slice(0, FROM_BODY)).replace(/\s+/g, " ");
      if (text.length < MIN_QUESTION || text === question.value) return;
      question.value = lastAuto = text;
      draw("search");
    }

    const hits = () => Array.from(box("search").querySelectorAll("[data-hit]"));

    function move(step) {
      const all = hits();
      if (!all.length) return;
      const at = all.findIndex((hit) => hit.classList.contains("is-current"));
      const next = all[(at + step + all.length) % all.length];
      all.forEach((hit) => {
        hit.classList.toggle("is-current", hit === next);
        const button = hit.querySelector("[data-answer]");
        if (!button) return;
        if (hit === next) button.dataset.key = "F6";
        else delete button.dataset.key;
      });
      next.scrollIntoView({ block: "nearest" });
    }

    function insert(button) {
      if (!button) return;
      const answer = field("public_text"), basis = field("legal_basis");
      answer.value = [answer.value.trimEnd(), button.dataset.answer].filter(Boolean).join("\n");
      const bases = basis.value.split("；").filter(Boolean);
      if (button.dataset.basis && !bases.includes(button.dataset.basis)) basis.value = [...bases, button.dataset.basis].join("；");
      cite(button.value, button.dataset.label);
      if (button.dataset.label.includes("内部，不对外")) document.getElementById("internal-note").hidden = false;
      keep(button.value);
      answer.dispatchEvent(new Event("input", { bubbles: true }));
      answer.focus();
      answer.setSelectionRange(answer.value.length, answer.value.length);
      answer.scrollTop = answer.scrollHeight;
    }

    function cite(citation, label) {
      const list = document.getElementById("citations");
      const known = Array.from(list.querySelectorAll("input")).find((box) => box.value === citation);
      if (known) {
        known.checked = true;
        return;
      }
      const line = document.createElement("li"), row = document.createElement("label");
      row.className = "choice";
      const mark = Object.assign(document.createElement("input"), { type: "checkbox", name: "citations", value: citation, checked: true });
      row.append(mark, Object.assign(document.createElement("span"), { textContent: label }));
      line.append(row);
      list.append(line);
    }

    // ---- keys -------------------------------------------------------------------------------------------------
    const types = () => Array.from(form.querySelectorAll("[name=appeal_type]"));

    function chooseType(key) {
      const chosen = types()[Number(key) - 1];
      if (!chosen) return false;
      chosen.checked = true;
      chosen.dispatchEvent(new Event("change", { bubbles: true }));
      field("title").focus();
      return true;
    }

    // Enter in a line goes on to the next field: it never sends what is half told.
    function goOn(from) {
      const stops = Array.from(form.querySelectorAll("input:not([type=hidden]):not([type=checkbox]), select, textarea")).filter(
        (node) => node.offsetParent !== null && (node.type !== "radio" || node === types()[0] || node === from)
      );
      let next = stops.indexOf(from) + 1;
      while (from.type === "radio" && stops[next] && stops[next].type === "radio") next += 1;
      if (stops[next]) stops[next].focus();
    }

    function searchKey(event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
      else if (event.key === "Enter") insert(box("search").querySelector(".is-current [data-answer]"));
      else return false;
      return true;
    }

    // With the focus among the hits a digit inserts that hit.
    function insertNth(key) {
      const hit = /^[1-9]$/.test(key) && hits()[Number(key) - 1];
      const button = hit && hit.querySelector("[data-answer]");
      if (button) insert(button);
      return Boolean(button);
    }

    form.addEventListener("keydown", (event) => {
      const node = event.target;
      if (window.hotline.isComposing(event) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      let isDone = false;
      if (node === question) isDone = searchKey(event);
      else if (node.name === "appeal_type") isDone = chooseType(event.key);
      else if (box("search").contains(node) && node.tagName !== "SELECT") isDone = insertNth(event.key);
      if (!isDone && event.key === "Enter" && node.matches("input")) {
        goOn(node);
        isDone = true;
      }
      if (isDone) event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (event.target === document.body && !event.ctrlKey && !event.altKey && chooseType(event.key)) event.preventDefault();
    });

    // ---- what is typed ----------------------------------------------------------------------------------------
    function react(node, isChange) {
      if (node === question && !isChange) search();
      else if (node === question) return; // leaving the box asks nothing new
      else if (NEEDS.search.includes(node.name) && isChange) later("search", 0);
      else if (NEEDS.caller.includes(node.name) && mayAsk(node)) later("caller", isChange ? 0 : CALLER_WAIT_MS);
      else if (NEEDS.proposal.includes(node.name) && isChange) later("proposal", 0);
      if (NEEDS.suggestion.includes(node.name)) later("suggestion", SUGGEST_WAIT_MS);
    }

    form.addEventListener("compositionstart", () => { isComposing = true; });
    form.addEventListener("compositionend", (event) => { isComposing = false; react(event.target, false); });
    form.addEventListener("input", (event) => { if (!isComposing && !event.isComposing) react(event.target, false); });
    form.addEventListener("change", (event) => react(event.target, true));
    form.addEventListener("focusout", (event) => {
      if (event.target.name === "title" || event.target.name === "body") searchFromAppeal(false);
    });
    document.getElementById("kb-from-title").addEventListener("click", () => searchFromAppeal(true));
    box("suggestion").addEventListener("click", (event) => {
      const taken = event.target.closest("[data-take]"), node = field("category_code");
      if (!taken) return;
      event.preventDefault();
      node.value = taken.value;
      node.dispatchEvent(new CustomEvent("hotline:filled"));
      node.dispatchEvent(new Event("change", { bubbles: true }));
    });
    box("search").addEventListener("click", (event) => {
      const hit = (selector) => event.target.closest(selector);
      if (hit("[data-opened]")) keep(hit("[data-opened]").dataset.opened);
      if (hit("[data-ask]")) ask(hit("[data-ask]").dataset.ask);
      if (!hit("[data-answer], [data-gap]")) return;
      event.preventDefault();
      if (hit("[data-answer]")) insert(hit("[data-answer]"));
      else registerGap(hit("[data-gap]"));
    });

    // ---- arrival ----------------------------------------------------------------------------------------------
    // After an error the address is the action's: reloading must open the draft, not send the form again.
    if (location.pathname !== "/desk") history.replaceState(null, "", "/desk?draft=" + form.dataset.draft);
    if (!document.querySelector("[data-focus]")) {
      const phone = field("contact_phone");
      (phone.value ? types().find((one) => one.checked) || types()[0] : phone).focus();
    }
  }
})();
