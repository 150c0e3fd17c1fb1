// Moves the live page: elements come ready drawn, each replaces the one with its id. Clocks tick here.

const connection = document.getElementById("connection");
const said = connection.querySelector(".said");
let aheadMs = Date.now() - Number(connection.dataset.now); // how far this machine's clock is ahead of the box's

function show(state) {
  connection.dataset.state = state;
  const words = connection.dataset[state];
  if (said.textContent !== words) said.textContent = words;
}

function duration(ms) {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function tick() {
  const now = Date.now() - aheadMs;
  for (const clock of document.querySelectorAll(".clock[data-since]")) {
    const shown = duration(now - Number(clock.dataset.since));
    if (clock.textContent !== shown) clock.textContent = shown;
  }
}

function put(id, element) {
  const there = document.getElementById(id);
  const template = document.createElement("template");
  template.innerHTML = element.html.trim();
  const fresh = template.content.firstElementChild;
  const list = document.querySelector(`[data-list="${element.kind}"]`);
  if (there) there.replaceWith(fresh);
  else if (list?.dataset.newest) list.insertBefore(fresh, olderThan(list, Number(fresh.dataset.seq)));
  else list?.append(fresh);
}

function olderThan(list, seq) {
  return [...list.children].find((child) => Number(child.dataset.seq) < seq) ?? null;
}

function settleEmptyLists() {
  for (const empty of document.querySelectorAll("[data-empty]")) {
    empty.hidden = document.querySelector(`[data-list="${empty.dataset.empty}"]`).childElementCount > 0;
  }
}

function take(event) {
  const news = JSON.parse(event.data);
  aheadMs = Date.now() - news.now;
  if (event.type === "whole") {
    for (const list of document.querySelectorAll("[data-list]")) {
      for (const element of [...list.children]) if (!(element.id in news.set)) element.remove();
    }
  }
  for (const id of news.gone) document.getElementById(id)?.remove();
  for (const [id, element] of Object.entries(news.set)) put(id, element);
  settleEmptyLists();
  tick();
  document.documentElement.dataset.seq = news.seq;
}

let stream;

function open() {
  stream = new EventSource(connection.dataset.stream);
  stream.addEventListener("open", () => show("live"));
  stream.addEventListener("whole", take);
  stream.addEventListener("change", take);
  stream.addEventListener("error", () => {
    // closed for good means that the box refused: the login has ended, or too many pages are open
    show(stream.readyState === EventSource.CLOSED ? "ended" : "lost");
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
}

open();
window.addEventListener("pagehide", () => stream.close());
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
tick();
setInterval(tick, 1000);
