// 转专家 on the intake desk or a ticket's page: the part follows the consultation while the caller waits. Without scripts its buttons send
// the whole form, and the page comes back with everything typed.
(function () {
  "use strict";
  const POLL_MS = 2000, TICK_MS = 1000;

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("desk"), box = document.getElementById("part-expert");
    if (form && box) start(form, box);
  });

  function start(form, box) {
    let waiting = 0, isActing = false, until = 0, last = Promise.resolve();
    const part = () => box.querySelector("[data-seen]");
    const token = () => form.elements.namedItem("csrf_token").value;

    // One after the other: a press while the part is being drawn is not lost.
    function draw(url, extra) {
      waiting += 1;
      return (last = last.then(() => send(url, extra)).then(() => { waiting -= 1; }));
    }

    async function send(url, extra) {
      box.setAttribute("aria-busy", "true");
      const body = new FormData(form), sent = typed();
      for (const [name, value] of Object.entries(extra || {})) body.set(name, value);
      try {
        const answer = await fetch(url, { method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": token(), "X-Part": "1" } });
        if (answer.redirected) showExpired();
        else show(await answer.text(), sent);
      } catch (unreachable) {
        // What was shown stays; the draft's status line tells that the line is dead.
      } finally {
        box.removeAttribute("aria-busy");
      }
    }

    // The intake desk has a bar for it; elsewhere the page asks for the login when it is opened again.
    function showExpired() {
      const bar = document.getElementById("session-bar");
      if (bar) bar.hidden = false;
      else window.location.reload();
    }

    // Id → text of the part's own fields.
    const typed = () => Object.fromEntries(Array.from(box.querySelectorAll("input[id], textarea[id]"), (node) => [node.id, node.value]));

    function show(html, sent) {
      if (!html.includes("data-seen")) return; // an error page is no part
      const focused = box.contains(document.activeElement) ? document.activeElement.id : "";
      const changed = Object.entries(typed()).filter(([id, value]) => value !== sent[id]);
      box.innerHTML = html;
      for (const [id, value] of changed) { // typed while the answer was on its way
        const node = document.getElementById(id);
        if (node) node.value = value;
      }
      const again = focused && document.getElementById(focused);
      if (again) again.focus();
      wind();
    }

    // The server says how many seconds are left: the clocks of two machines need not agree.
    function wind() {
      const timer = box.querySelector("[data-seconds]");
      until = timer ? performance.now() + Number(timer.dataset.seconds) * 1000 : 0;
    }

    function tick() {
      const timer = box.querySelector("[data-seconds]");
      if (!timer) return;
      const left = Math.max(Math.round((until - performance.now()) / 1000), 0);
      timer.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    }

    async function poll() {
      if (waiting || !part() || !part().hasAttribute("data-live")) return;
      try {
        const answer = await fetch(part().dataset.state, { credentials: "same-origin" });
        if (answer.ok && !answer.redirected && (await answer.json()).seen !== part().dataset.seen) draw(part().dataset.draw);
      } catch (unreachable) {
        // Asked again soon.
      }
    }

    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-expert]");
      if (!button) return;
      event.preventDefault();
      if (isActing) return; // pressed twice
      isActing = true;
      draw(button.getAttribute("formaction")).then(() => { isActing = false; });
    });
    // Opened, the fold shows who would be invited for the appeal as it stands now.
    box.addEventListener("toggle", (event) => {
      const fold = event.target;
      if (fold.id === "expert-fold" && fold.open && !fold.dataset.drawn && !waiting) {
        draw(part().dataset.draw, { expert_open: "1" }).then(() => {
          const question = document.getElementById("expert_question");
          if (question) question.focus();
        });
      }
    }, true);
    setInterval(tick, TICK_MS);
    setInterval(poll, POLL_MS);
    wind();
  }
})();
