// The list of consultations: invitations count down, and the page is drawn again when something has changed, unless
// somebody is writing in it.
(function () {
  "use strict";
  const POLL_MS = 3000, TICK_MS = 1000;

  document.addEventListener("DOMContentLoaded", () => {
    const list = document.getElementById("consultations");
    if (!list) return;
    const loaded = performance.now();

    function tick() {
      const gone = (performance.now() - loaded) / 1000;
      list.querySelectorAll("[data-seconds]").forEach((timer) => {
        const left = Math.max(Math.round(Number(timer.dataset.seconds) - gone), 0);
        timer.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
      });
    }

    async function poll() {
      if (document.querySelector("details[data-panel][open]")) return;
      try {
        const answer = await fetch("/consultations/state", { credentials: "same-origin" });
        if (answer.ok && !answer.redirected && (await answer.json()).seen !== list.dataset.seen) location.reload();
      } catch (unreachable) {
        // Asked again soon.
      }
    }

    setInterval(tick, TICK_MS);
    setInterval(poll, POLL_MS);
  });
})();
