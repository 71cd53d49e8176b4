// Type-ahead over a <select data-typeahead> (its own options) or an <input data-typeahead-url> (asks the server:
// GET url?q=… → {"items": [{"value", "label", "hint", "href"}]}). Nothing is asked while an input method composes.
// data-typeahead-free: any text is right, as in a search box; an item is chosen only by hand, and leads to its href.
(function () {
  "use strict";
  const WAIT_MS = 200;
  let serial = 0;

  function localSource(select) {
    const options = Array.from(select.options).filter((option) => option.value);
    return async (query) => {
      const q = query.trim().toLowerCase();
      const fits = (option) => (option.text + " " + option.value + " " + (option.dataset.keys || "")).toLowerCase().includes(q);
      return options.filter(fits).map((option) => ({
        value: option.value,
        label: option.text,
        hint: option.parentElement.label || "",
      }));
    };
  }

  function remoteSource(url) {
    return async (query) => {
      if (!query.trim()) return [];
      const address = new URL(url, location.href);
      address.searchParams.set("q", query);
      const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      return answer.ok ? (await answer.json()).items : [];
    };
  }

  // The native select stays in the form and keeps the value; only its looks are replaced.
  function inputFor(select) {
    const input = document.createElement("input");
    input.className = "control";
    input.type = "text";
    input.id = select.id;
    input.autocomplete = "off";
    input.required = select.required;
    const chosen = select.selectedOptions[0];
    input.value = chosen && chosen.value ? chosen.text : "";
    input.placeholder = select.options[0] && !select.options[0].value ? select.options[0].text : "";
    for (const name of ["aria-describedby", "aria-invalid", "data-key"]) {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    }
    select.removeAttribute("id");
    select.required = false;
    select.hidden = true;
    select.before(input);
    return input;
  }

  function listFor(input) {
    const list = document.createElement("ul");
    list.className = "combo-list";
    list.id = "combo-" + ++serial;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "候选项");
    list.hidden = true;
    const box = document.createElement("div");
    box.className = "combo";
    input.before(box);
    box.append(input, list);
    for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["aria-controls", list.id]]) {
      input.setAttribute(name, value);
    }
    return list;
  }

  function enhance(node) {
    const isSelect = node.tagName === "SELECT", isFree = "typeaheadFree" in node.dataset;
    const source = isSelect && !node.dataset.typeaheadUrl ? localSource(node) : remoteSource(node.dataset.typeaheadUrl);
    const input = isSelect ? inputFor(node) : node;
    const code = node.dataset.typeaheadCode && document.getElementById(node.dataset.typeaheadCode);
    const list = listFor(input);
    let items = [], at = -1, timer = 0, asked = 0, settled = input.value, isBusy = false;

    function close() {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function setCode(item) {
      if (code) code.value = item ? item.value : "";
      if (!isSelect) return;
      if (item && !Array.from(node.options).some((option) => option.value === item.value)) node.add(new Option(item.label, item.value));
      node.value = item ? item.value : "";
      node.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function choose(item) {
      if (item.href) {
        location.assign(item.href);
        return;
      }
      input.value = settled = item.label;
      setCode(item);
      close();
      input.dispatchEvent(new CustomEvent("hotline:chosen", { bubbles: true, detail: item }));
    }

    function mark(index) {
      at = items.length ? (index + items.length) % items.length : -1;
      list.querySelectorAll("[role=option]").forEach((row, i) => {
        row.setAttribute("aria-selected", String(i === at));
        if (i !== at) return;
        input.setAttribute("aria-activedescendant", row.id);
        row.scrollIntoView({ block: "nearest" });
      });
    }

    function row(item, index) {
      const line = document.createElement("li");
      line.id = list.id + "-" + index;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      line.textContent = item.label;
      if (item.hint) line.append(Object.assign(document.createElement("small"), { textContent: item.hint }));
      // mousedown, because the click would come after the blur that closes the list
      line.addEventListener("mousedown", (event) => { event.preventDefault(); choose(item); });
      return line;
    }

    function nothing() {
      const line = document.createElement("li");
      line.setAttribute("role", "option");
      line.setAttribute("aria-disabled", "true");
      line.setAttribute("aria-selected", "false");
      line.textContent = "没有匹配项";
      return line;
    }

    async function ask() {
      const mine = ++asked;
      const found = await source(input.value === settled ? "" : input.value).catch(() => []);
      if (mine !== asked || document.activeElement !== input) return;
      items = found.slice(0, 50);
      list.replaceChildren(...(items.length ? items.map(row) : input.value.trim() && !isFree ? [nothing()] : []));
      list.hidden = !list.children.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      at = -1;
      if (input.value.trim() && input.value !== settled && !isFree) mark(0);
    }

    function later() {
      clearTimeout(timer);
      setCode(null);
      timer = setTimeout(ask, isSelect ? 0 : WAIT_MS);
    }

    // A restored draft sets the select; what is seen must follow.
    node.addEventListener("hotline:filled", () => {
      const chosen = isSelect && node.selectedOptions[0];
      settled = isSelect ? (chosen && chosen.value ? chosen.text : "") : input.value;
      input.value = settled;
    });
    input.addEventListener("compositionstart", () => { isBusy = true; });
    input.addEventListener("compositionend", () => { isBusy = false; later(); });
    input.addEventListener("input", (event) => { if (!isBusy && !event.isComposing) later(); });
    input.addEventListener("blur", () => {
      close();
      // A select can only hold what it lists: text that names nothing is put back to what is really chosen.
      if (isSelect && !node.value) input.value = settled = "";
    });
    input.addEventListener("keydown", (event) => {
      if (window.hotline.isComposing(event) || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) ask();
        else mark(event.key === "ArrowDown" ? at + 1 : Math.max(at, 0) - 1);
      } else if (event.key === "Enter" && !list.hidden && at >= 0) {
        event.preventDefault();
        choose(items[at]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-typeahead]").forEach(enhance));
})();
