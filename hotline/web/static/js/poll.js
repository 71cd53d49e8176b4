// <div data-poll-url="/desk/calls" data-poll-seconds="10">: fetches the fragment, 304 when nothing changed. Event
// "hotline:poll" on document asks at once (server-sent events say "poll now"). Two failures in a row show the offline bar.
(function () {
  "use strict";
  const DEFAULT_SECONDS = 15;
  const FAILURES_SHOWN = 2;
  let failures = 0;

  function show(id, isShown) {
    const bar = document.getElementById(id);
    if (bar) bar.hidden = !isShown;
  }

  function noteOutcome(isReached) {
    failures = isReached ? 0 : failures + 1;
    show("offline-bar", failures >= FAILURES_SHOWN);
    document.querySelectorAll("[data-poll-url]").forEach((box) => box.classList.toggle("is-stale", failures >= FAILURES_SHOWN));
  }

  // Never pull the page from under a hand: no refresh while something in the box is being typed in or stands open.
  const isInUse = (box) => box.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")
    || box.querySelector("details[data-panel][open]");

  async function refresh(box) {
    if (box.dataset.polling || isInUse(box)) return;
    box.dataset.polling = "1";
    try {
      const headers = { "X-Requested-With": "poll" };
      if (box.dataset.etag) headers["If-None-Match"] = box.dataset.etag;
      const answer = await fetch(box.dataset.pollUrl, { headers, credentials: "same-origin", cache: "no-store" });
      noteOutcome(answer.status < 500);
      if (answer.status === 401 || answer.redirected) show("session-bar", true);
      else if (answer.status === 200) swap(box, await answer.text(), answer.headers.get("ETag"));
    } catch (unreachable) {
      noteOutcome(false);
    } finally {
      delete box.dataset.polling;
    }
  }

  function swap(box, html, etag) {
    if (isInUse(box)) return;
    const focusedId = box.contains(document.activeElement) ? document.activeElement.id : "";
    box.innerHTML = html;
    box.dataset.etag = etag || "";
    if (window.htmx) window.htmx.process(box);
    if (focusedId && document.getElementById(focusedId)) document.getElementById(focusedId).focus();
    box.dispatchEvent(new CustomEvent("hotline:refreshed", { bubbles: true }));
  }

  function start(box) {
    const seconds = Number(box.dataset.pollSeconds) || DEFAULT_SECONDS;
    // A hidden tab that must ring (data-poll-always) goes on; all others rest until they are looked at.
    setInterval(() => { if (!document.hidden || "pollAlways" in box.dataset) refresh(box); }, seconds * 1000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(box); });
    document.addEventListener("hotline:poll", () => refresh(box));
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-poll-url]").forEach(start));
})();
