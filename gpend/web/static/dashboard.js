"use strict";
// Everything works without this file but the slider, the zoom and the live figures.

const live = document.querySelector("[data-live]");
if (live && window.EventSource) {
  const source = new EventSource("/events");
  source.onmessage = (event) => {
    const told = JSON.parse(event.data);
    document.querySelector("[data-headline]").textContent = told.headline;
    const bar = document.querySelector("[data-progress]");
    bar.max = told.found || 1;
    bar.value = told.found ? told.done : 1;
    bar.setAttribute("aria-label", told.headline);
    document.querySelector("[data-running]").textContent = told.running;
    for (const count of document.querySelectorAll("[data-count]")) {
      count.textContent = told.counts[count.dataset.count].toLocaleString("en");
    }
  };
  window.addEventListener("pagehide", () => source.close());
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
  window.addEventListener("resize", draw);
  window.addEventListener("load", draw);
  draw();
}
