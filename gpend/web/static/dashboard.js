"use strict";
// Everything works without this file but the slider, the zoom and the live figures.

document.addEventListener("error", (event) => {
  // A picture that cannot be shown leaves a quiet place, not a broken one.
  event.target.closest?.(".thumb, .half")?.classList.add("missing");
}, true);
const asked = (where, seconds, read, how = {}) => {
  // What `read` makes of an answer; null where none comes, to its end, in time. No request is waited for without end.
  const limit = window.AbortController ? new AbortController() : null;
  const answered = fetch(where, { cache: "no-store", signal: limit?.signal, ...how }).then((answer) => (answer.ok ? read(answer) : null));
  let timer;
  const late = new Promise((give) => { timer = setTimeout(() => { limit?.abort(); give(null); }, seconds * 1000); });
  return Promise.race([answered, late]).catch(() => null).finally(() => clearTimeout(timer));
};
// Where the page is lost, that is said; when it is there again, it is shown anew unless somebody has begun to fill it in.
const offline = document.querySelector("[data-offline]");
let touched = false;
document.addEventListener("input", () => { touched = true; });
const look = async () => {
  if (!offline || document.hidden) return;
  const isThere = Boolean(await asked("/static/icon.svg", 15, () => true, { method: "HEAD" }));
  const isBack = isThere && !offline.hidden;
  offline.hidden = isThere;
  if (isBack && !touched) location.reload();
};
if (offline) {
  setInterval(look, 5000);
  document.addEventListener("visibilitychange", look);
}

const figures = (told) => {
  document.querySelector("[data-headline]").textContent = told.headline;
  const bar = document.querySelector("[data-progress]");
  bar.max = told.found || 1;
  bar.value = told.found ? told.done : 1;
  bar.setAttribute("aria-label", told.headline);
  document.querySelector("[data-running]").textContent = told.running;
  for (const count of document.querySelectorAll("[data-count]")) {
    count.textContent = told.counts[count.dataset.count].toLocaleString("en");
  }
  for (const count of document.querySelectorAll("[data-today]")) {
    count.textContent = told.today[count.dataset.today].toLocaleString("en");
  }
};
const isUsed = (main) => document.hidden || main.contains(document.activeElement) || main.querySelector("details[open]")
  || !document.getSelection().isCollapsed;
let isAsked = false; // whether the page is on its way: where that takes long, it is not asked again meanwhile
const page = async () => {
  isAsked = true;
  const text = await asked(location.pathname, 120, (answer) => answer.text());
  isAsked = false;
  return text || "";
};
const anew = async (main) => {
  // Folders, warnings and pictures come as the page would have them now, unless somebody is using what stands there.
  if (isAsked || isUsed(main)) return;
  const fresh = new DOMParser().parseFromString(await page(), "text/html").querySelector("#main");
  if (!fresh?.querySelector("[data-live]") || isUsed(main)) return;
  main.replaceChildren(...fresh.childNodes);
  isOutdated = false;
};
let isOutdated = false; // whether other photos were restored than the page shows
if (document.querySelector("[data-live]") && window.EventSource) {
  let source, silence;
  const listen = () => {
    // A connection that is lost without a word, as through a router, tells nothing any more: it is made anew.
    source?.close();
    source = new EventSource("/events");
    source.onerror = look;
    source.onmessage = hear;
    heard();
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(listen, 60000); // something is told every two seconds
  };
  const hear = (event) => {
    heard();
    const told = JSON.parse(event.data);
    figures(told);
    const { live, restored } = document.querySelector("[data-live]").dataset;
    isOutdated ||= told.counts.restored !== Number(restored);
    const isDone = told.done === told.found; // amid a backlog no page is loaded again and again
    if (told.beside !== live || (isOutdated && isDone)) anew(document.querySelector("#main"));
  };
  listen();
  window.addEventListener("pagehide", () => { clearTimeout(silence); source.close(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
}

const compare = document.querySelector("[data-compare]");
if (compare) {
  const stage = compare.querySelector("[data-stage]");
  const layers = compare.querySelector("[data-layers]");
  const slider = compare.querySelector("[data-slider]");
  const zoom = compare.querySelector("[data-zoom]");
  const boxes = compare.querySelector(".boxes");
  let share = 0.5;

  const draw = () => {
    // The line stands where it is on the stage; the picture under it may be larger than the stage.
    const frame = stage.getBoundingClientRect();
    const picture = layers.getBoundingClientRect();
    const place = frame.left + share * frame.width;
    const cut = Math.min(1, Math.max(0, (place - picture.left) / picture.width));
    layers.style.setProperty("--cut", `${cut * 100}%`);
    stage.style.setProperty("--line-at", `${share * 100}%`);
  };
  const follow = (event) => {
    const frame = stage.getBoundingClientRect();
    share = Math.min(1, Math.max(0, (event.clientX - frame.left) / frame.width));
    if (Number(zoom.value) > 1) {
      layers.style.setProperty("--ox", `${share * 100}%`);
      layers.style.setProperty("--oy", `${Math.min(1, Math.max(0, (event.clientY - frame.top) / frame.height)) * 100}%`);
    }
    if (slider) slider.value = share * 100;
    draw();
  };
  stage.addEventListener("pointerdown", (event) => { stage.setPointerCapture(event.pointerId); follow(event); });
  stage.addEventListener("pointermove", (event) => { if (event.buttons || event.pointerType === "mouse") follow(event); });
  slider?.addEventListener("input", () => { share = slider.value / 100; draw(); });
  zoom.addEventListener("input", () => {
    layers.style.setProperty("--zoom", zoom.value);
    if (Number(zoom.value) > 1) {
      for (const picture of layers.querySelectorAll("img[data-full]")) {
        picture.src = picture.dataset.full;
        delete picture.dataset.full;
      }
    }
    draw();
  });
  compare.querySelector("[data-outline]").addEventListener("change", (event) => { boxes.toggleAttribute("hidden", !event.target.checked); });
  const fit = () => {
    // A small photo is shown larger than it is, up to twice and a half, so that there is something to see.
    const { width, height } = stage.dataset;
    const widest = Math.min(stage.clientWidth, (0.78 * window.innerHeight * width) / height, 2.5 * width);
    layers.style.width = `${widest}px`;
    layers.classList.add("fitted");
    draw();
  };
  const begin = () => {
    fit();
    const [frame, picture] = [stage.getBoundingClientRect(), layers.getBoundingClientRect()];
    share = (picture.left - frame.left + Number(stage.dataset.middle) * picture.width) / frame.width;
    if (slider) slider.value = share * 100;
    draw();
  };
  window.addEventListener("resize", fit);
  window.addEventListener("load", draw);
  begin();
}

// A look at before and after without opening the photo, also on a part of the page that came later.
document.addEventListener("pointermove", (event) => {
  const pair = event.pointerType === "mouse" && event.target.closest?.("[data-pair]");
  if (!pair) return;
  const frame = pair.getBoundingClientRect();
  pair.style.setProperty("--cut", `${((event.clientX - frame.left) / frame.width) * 100}%`);
});
document.addEventListener("pointerout", (event) => {
  const pair = event.target.closest?.("[data-pair]");
  if (pair && !pair.contains(event.relatedTarget)) pair.style.removeProperty("--cut");
});

const threshold = document.querySelector("[data-threshold]");
if (threshold) {
  const line = document.querySelector("[data-wanted]");
  const width = document.querySelector("[data-histogram]").viewBox.baseVal.width;
  threshold.addEventListener("input", () => {
    document.querySelector("[data-shown]").textContent = Number(threshold.value).toFixed(2);
    line.setAttribute("x1", threshold.value * width);
    line.setAttribute("x2", threshold.value * width);
  });
  threshold.addEventListener("change", () => threshold.form.requestSubmit());
}

const strength = document.querySelector("[data-strength]");
if (strength) {
  // Less than today's strength is that much less of the change, which is what laying one picture over the other shows.
  strength.addEventListener("input", () => {
    const told = Number(strength.value).toFixed(2);
    document.querySelector("[data-strength-shown]").textContent = told;
    document.querySelector("[data-strength-line]").textContent = told;
    document.querySelector(".mixed").style.setProperty("--strength", strength.value / (strength.max || 1));
  });
}

const waits = document.querySelector("[data-waits]");
if (waits) {
  // What was asked for is done within seconds where gpend runs: then the page is shown anew.
  let left = 30;
  const look = async () => {
    const told = await asked(`/photos/${waits.dataset.of}/state`, 15, (answer) => answer.json()) || {};
    const isDone = told.updated && told.updated !== waits.dataset.waits && !["waiting", "working"].includes(told.state);
    if (isDone) location.replace(location.pathname);
    else if ((left -= 1) > 0) setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
}
