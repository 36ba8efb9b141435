"use strict";
// Loads the part of the page with the figures anew, every 2 s while it can be seen. What a
// person is doing there stays: what is open, scrolled, selected or has the focus.
(() => {
  const live = document.getElementById("live");
  const state = document.getElementById("status");
  const pause = document.getElementById("pause");
  if (!live || !live.dataset.url) return;
  const every = 2000;
  let timer = 0, paused = false, loading = false;

  const busy = () => {
    const selection = getSelection();
    if (selection && !selection.isCollapsed && live.contains(selection.anchorNode)) return true;
    const active = document.activeElement;
    return active && live.contains(active) && active.closest("form") !== null;
  };

  const replace = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").body;
    const open = new Map();
    for (const d of live.querySelectorAll("details[data-key]")) open.set(d.dataset.key, d.open);
    for (const d of fresh.querySelectorAll("details[data-key]")) {
      if (open.has(d.dataset.key)) d.open = open.get(d.dataset.key);
    }
    const active = live.contains(document.activeElement) ? document.activeElement : null;
    const target = active && active.getAttribute("href");
    const key = active && active.closest("details[data-key]");
    live.replaceChildren(...fresh.childNodes);
    if (target) {
      live.querySelector(`a[href="${CSS.escape(target)}"]`)?.focus({ preventScroll: true });
    } else if (key) {
      live.querySelector(`details[data-key="${CSS.escape(key.dataset.key)}"] summary`)?.focus({ preventScroll: true });
    }
  };

  const load = async () => {
    if (loading || paused || document.hidden || busy()) return;
    loading = true;
    try {
      const response = await fetch(live.dataset.url, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (!response.ok) throw new Error(response.status === 404 ? "it is gone" : `status ${response.status}`);
      const text = await response.text();
      if (!paused && !busy()) replace(text);
      state.textContent = "live";
      state.className = "good";
    } catch (error) {
      state.textContent = error instanceof TypeError ? "not reached" : error.message;
      state.className = "bad";
    } finally {
      loading = false;
    }
  };

  const schedule = () => {
    clearInterval(timer);
    timer = paused || document.hidden ? 0 : setInterval(load, every);
  };
  document.addEventListener("visibilitychange", () => { schedule(); load(); });
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    state.textContent = paused ? "paused" : "live";
    state.className = paused ? "" : "good";
    schedule();
    load();
  });
  pause.hidden = false;
  state.textContent = "live";
  state.className = "good";
  schedule();
})();
