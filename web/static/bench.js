// The bench: telephones follow what the socket tells, buttons ask for acts, sound goes both ways.

const bench = document.getElementById("bench");
const words = JSON.parse(bench.dataset.words);
const by = (id) => document.getElementById(id);
const one = (selector, within = bench) => within.querySelector(selector);
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

const HEAD = 8;
const BLOCK = 160;
const HEARD_EVERY = 10;
const FILE_BYTES_MOST = 20_000_000;
const FINAL = { 4001: "replaced", 4003: "ended", 4002: "refused", 4009: "refused" };

const handsets = new Map();
const lines = new Map();
let agents = [];
let demo = false;
let pumpStill = false;
let me = { seat: 0, ear: "", guide: { state: "none", handset: "", call: "", phone: "", answered: false, recorded: false, heard: false } };

// ---- the socket ----------------------------------------------------------------------------------------------------

let socket = null;
let heard = 0;
let againMs = 500;

function tabName() {
  let name = sessionStorage.getItem("bench-tab");
  if (!name) {
    name = Array.from(crypto.getRandomValues(new Uint8Array(10)), (octet) => octet.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem("bench-tab", name);
  }
  return name;
}

function connection(state) {
  const place = by("connection");
  place.dataset.state = state === "live" || state === "lost" ? state : "ended";
  put(one(".said", place), words.connection[state]);
  bench.classList.toggle("apart", state !== "live");
}

function open() {
  const address = new URL(bench.dataset.socket, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("tab", tabName());
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  heard = 0;
  socket.addEventListener("open", () => { againMs = 500; connection("live"); });
  socket.addEventListener("message", (event) => (typeof event.data === "string" ? told(JSON.parse(event.data)) : sounds(event.data)));
  socket.addEventListener("close", (event) => {
    connection(FINAL[event.code] ?? "lost");
    if (event.code === 4003) setTimeout(() => location.reload(), 3000);
    if (event.code in FINAL) return;
    setTimeout(open, againMs);
    againMs = Math.min(10_000, 2 * againMs);
  });
}

function ask(act, values = {}) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ do: act, ...values }));
}

let saidTimer = 0;

function say(sentence) {
  const said = by("said");
  put(said, sentence);
  said.hidden = false;
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => { said.hidden = true; }, 8000);
}

function told(message) {
  if (message.t === "said") {
    say(message.said);
    return;
  }
  if (message.t === "seat") {
    const before = me.ear;
    me = message;
    if (me.ear !== before) ear?.port.postMessage(null);
  } else if (message.t === "state") {
    take(message);
  }
  draw();
}

function take(state) {
  if (state.whole) {
    handsets.clear();
    lines.clear();
  }
  for (const key of state.gone) handsets.delete(key.replace(/^handset /, ""));
  for (const [key, value] of Object.entries(state.set)) {
    if (key === "demo") demo = value;
    else if (key === "pump_still") pumpStill = value;
    else if (key === "agents") agents = value;
    else if (key.startsWith("line ")) lines.set(value.name, value);
    else handsets.set(value.name, value);
  }
}

// ---- drawing ---------------------------------------------------------------------------------------------------------

const card = (name) => one(`[data-handset="${CSS.escape(name)}"]`);
const numberOf = (name) => handsets.get(name)?.number ?? name;

function outsideCard(handset) {
  const made = by("outside-telephone").content.cloneNode(true).firstElementChild;
  made.dataset.handset = handset.name;
  made.setAttribute("aria-label", made.getAttribute("aria-label") + handset.number);
  const keys = one("[role=group]", made);
  keys.setAttribute("aria-label", keys.getAttribute("aria-label") + handset.number);
  one('[data-list="outside"]').append(made);
  return made;
}

function stateOf(handset) {
  if (handset.yielded) return "demo";
  if (handset.ringing) return "ringing";
  return handset.lifted ? "lifted" : "idle";
}

function displayOf(handset) {
  const { display, absence } = words;
  if (handset.kind === "outside") return [handset.title, handset.line && fill(display.on_line, { line: handset.line })].filter(Boolean).join(" · ");
  const agent = agents.find((row) => row.phone === handset.name);
  const who = absence[handset.absence] ?? [handset.shown, handset.shown_name].filter(Boolean).join(" ");
  if (handset.ringing) return fill(display.calls, { who: who || display.unknown });
  return agent ? `${agent.name || agent.agent} · ${words.agent[agent.state] ?? agent.state}` : "";
}

function drawHandset(handset) {
  const place = card(handset.name) ?? outsideCard(handset);
  const state = stateOf(handset);
  const mine = handset.lifted && handset.seat === me.seat;
  const others = handset.lifted && handset.seat !== 0 && !mine;
  const atEar = mine && me.ear === handset.name;
  place.dataset.state = state;
  place.dataset.up = handset.lifted;
  place.dataset.tone = handset.lifted ? handset.tone || "silence" : "";
  place.classList.toggle("at-my-ear", atEar);
  put(one("[data-number]", place), handset.number);
  put(one("[data-badge]", place), others ? fill(words.state.other, { who: handset.by }) : words.state[state]);
  put(one("[data-display]", place), displayOf(handset));
  put(one("[data-hears]", place), handset.lifted ? fill(words.display.hears, { what: words.tone[handset.tone] ?? handset.tone }) : "");
  const outside = handset.kind === "outside";
  const show = (act, shown) => { const button = one(`[data-act=${act}]`, place); if (button) button.hidden = !shown; };
  const lift = one("[data-act=lift]", place);
  put(lift, handset.ringing ? words.act.answer : words.act.lift);
  show("lift", !handset.lifted && !handset.yielded && (!outside || handset.ringing));
  show("hang_up", (mine || (outside && handset.ringing) || (handset.lifted && handset.seat === 0)) && !handset.yielded);
  show("take", others);
  show("ear", mine);
  show("call", outside && !handset.lifted && !handset.ringing);
  show("remove", outside && !handset.lifted && !handset.ringing);
  one("[data-act=ear]", place).setAttribute("aria-pressed", atEar);
  for (const key of place.querySelectorAll("[data-act=press], [data-act=flash]")) key.disabled = !mine;
}

function drawGuide() {
  const { guide } = me;
  const said = words.guide;
  const step = (id, done, sentence) => {
    const place = by(id);
    place.dataset.done = done;
    if (sentence) put(one(".told", place), sentence);
  };
  const loggedIn = agents.filter((row) => row.phone);
  const reached = ["offered", "talking", "over"].includes(guide.state);
  const serving = loggedIn.some((row) => row.state !== "wrap_up" && row.state !== "not_ready");
  const who = loggedIn.map((row) => `${row.name || row.agent} (${numberOf(row.phone)}, ${words.agent[row.state] ?? row.state})`).join("; ");
  const idle = loggedIn.find((row) => row.state === "not_ready");
  const why = (idle?.reasons ?? []).map((reason) => words.reason[reason] ?? reason).join(", ");
  const nobody = idle && !serving && fill(said.not_ready, { who: idle.name || idle.agent, why, number: numberOf(idle.phone), code: bench.dataset.readyCode });
  step("step-login", serving || reached, nobody || (who ? fill(said.logged_in, { who }) : ""));
  const called = guide.state !== "none";
  step("step-call", called && guide.state !== "dialling", demo ? said.demo : said[reached ? "reached" : guide.state]);
  step("step-answer", guide.answered && guide.state === "over", guide.state === "offered" ? fill(said.offered, { number: numberOf(guide.phone) }) : guide.state === "talking" || guide.state === "over" ? said[guide.state] : "");
  step("step-listen", guide.heard, guide.heard ? said.heard : guide.recorded ? said.recorded : said.recording);
  const heading = one("h3", by("step-call"));
  heading.dataset.usual ??= heading.textContent;
  put(heading, called ? fill(said.from, { number: numberOf(guide.handset) }) : heading.dataset.usual);
  const phone = handsets.get(guide.phone);
  const caller = handsets.get(guide.handset);
  const button = (name) => one(`[data-try=${name}]`);
  button("login").disabled = demo && loggedIn.length > 0;
  button("call").disabled = demo || Boolean(caller?.lifted);
  button("answer").disabled = !(guide.state === "offered" && phone && !phone.lifted);
  button("hang_up").hidden = !(phone?.lifted && phone.seat === me.seat) && !(caller?.lifted && guide.state === "over");
  const link = button("listen");
  link.hidden = !(guide.recorded && guide.call);
  if (!link.hidden) link.setAttribute("href", `/calls/${encodeURIComponent(guide.call)}`);
}

function draw() {
  for (const place of bench.querySelectorAll('[data-list="outside"] [data-handset]')) if (!handsets.has(place.dataset.handset)) place.remove();
  for (const handset of handsets.values()) drawHandset(handset);
  for (const line of lines.values()) {
    const place = one(`[data-line="${CSS.escape(line.name)}"] [data-badge]`);
    if (!place) continue;
    put(place, line.channels && line.phase !== "down" ? fill(words.line.channels, line) : words.line[line.phase] ?? line.phase);
    place.className = `badge phase-${line.phase}`;
  }
  by("demo").hidden = !demo;
  by("pump").hidden = !pumpStill;
  by("outside-list").hidden = ![...handsets.values()].some((handset) => handset.kind === "outside");
  drawGuide();
  put(one(".at-ear", by("ear")), me.ear ? fill(words.display.ear_at, { number: numberOf(me.ear) }) : words.display.ear_none);
  by("ear").classList.toggle("in-use", Boolean(me.ear));
  bench.dataset.ready = "true";
}

// ---- sound -------------------------------------------------------------------------------------------------------------

let context = null;
let ear = null;
let mouth = null;
let microphone = null;
let starting = null;
let sample = 0;

const soundSays = (sentence) => put(by("sound-said"), sentence);

// A browser lets a page sound only after the person has touched it: every act comes through here.
function wake() {
  starting ??= (async () => {
    context = new AudioContext({ latencyHint: "interactive" });
    await context.audioWorklet.addModule(bench.dataset.sound);
    ear = new AudioWorkletNode(context, "ear", { numberOfInputs: 0, outputChannelCount: [1] });
    ear.connect(context.destination);
    ear.port.onmessage = (event) => measured(event.data);
    mouth = new AudioWorkletNode(context, "mouth", { numberOfInputs: 1, numberOfOutputs: 1 });
    mouth.connect(context.destination); // silent; it only has to be pulled
    mouth.port.onmessage = (event) => spoken(event.data);
  })().catch((fault) => {
    starting = null;
    soundSays(fill(words.sound.no_sound, { why: fault.message }));
    throw fault;
  });
  context?.resume();
  return starting;
}

function measured(report) {
  const place = by("ear");
  place.dataset.level = me.ear ? report.level : -99;
  place.dataset.waitingMs = report.waitingMs;
  place.dataset.gaps = report.gaps;
  place.dataset.dropped = report.dropped;
  const share = Math.max(0, Math.min(1, (report.level + 50) / 50));
  one(".meter span", place).style.setProperty("transform", `scaleX(${me.ear ? share : 0})`);
}

function sounds(message) {
  heard += 1;
  if (heard % HEARD_EVERY === 0) ask("heard", { count: heard });
  const channel = new DataView(message).getUint16(0);
  if (message.byteLength === HEAD + BLOCK && channel === handsets.get(me.ear)?.channel) ear?.port.postMessage(new Uint8Array(message, HEAD));
}

function spoken({ octets, over }) {
  const handset = handsets.get(me.ear);
  if (handset && socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < 16_000) {
    const message = new Uint8Array(HEAD + BLOCK);
    const head = new DataView(message.buffer);
    head.setUint16(0, handset.channel);
    head.setUint32(4, sample);
    message.set(octets, HEAD);
    socket.send(message);
  }
  sample = (sample + BLOCK) >>> 0;
  if (over) fileOver();
}

async function switchMicrophone() {
  const button = by("microphone");
  if (microphone) {
    for (const track of microphone.getTracks()) track.stop();
    microphone = null;
    mouth?.port.postMessage({ microphone: false });
    ask("silence");
  } else if (!navigator.mediaDevices) {
    soundSays(words.sound.microphone_insecure);
  } else {
    try {
      await wake();
      microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
      context.createMediaStreamSource(microphone).connect(mouth);
      mouth.port.postMessage({ microphone: true });
      soundSays("");
    } catch {
      soundSays(words.sound.microphone_denied);
    }
  }
  button.setAttribute("aria-pressed", Boolean(microphone));
}

async function playFile(file) {
  if (!me.ear) { soundSays(words.sound.lift_first); return; }
  if (file.size > FILE_BYTES_MOST) { soundSays(fill(words.sound.file_large, { file: file.name })); return; }
  try {
    await wake();
    const decoded = await context.decodeAudioData(await file.arrayBuffer());
    const line = new OfflineAudioContext(1, Math.max(1, Math.ceil(decoded.duration * 8000)), 8000);
    const source = line.createBufferSource();
    source.buffer = decoded;
    source.connect(line.destination);
    source.start();
    const samples = (await line.startRendering()).getChannelData(0);
    mouth.port.postMessage({ file: samples });
    by("stop-file").hidden = false;
    soundSays(fill(words.sound.playing, { file: file.name }));
  } catch {
    soundSays(fill(words.sound.file_unknown, { file: file.name }));
  }
}

function fileOver() {
  by("stop-file").hidden = true;
  soundSays("");
  if (!microphone) ask("silence");
}

// ---- what a person does ----------------------------------------------------------------------------------------------

function touched(event) {
  const button = event.target.closest("button[data-act]");
  if (!button) return;
  const place = button.closest("[data-handset]");
  const handset = place.dataset.handset;
  wake().catch(() => {});
  if (button.dataset.act === "press") ask("press", { handset, keys: button.dataset.key, pulse: Boolean(one("[data-pulse]", place)?.checked) });
  else ask(button.dataset.act, { handset });
}

function tried(event) {
  const button = event.target.closest("button[data-try]");
  if (!button) return;
  const { guide } = me;
  wake().catch(() => {});
  if (button.dataset.try === "login") {
    put(one(".told", by("step-login")), words.guide.logging_in);
    ask("try_login");
  } else if (button.dataset.try === "call") ask("try_call");
  else if (button.dataset.try === "answer") ask("lift", { handset: guide.phone });
  else for (const handset of [guide.phone, guide.handset]) if (handsets.get(handset)?.lifted && handsets.get(handset).seat === me.seat) ask("hang_up", { handset });
}

function placed(event) {
  event.preventDefault();
  const form = event.target;
  wake().catch(() => {});
  const wish = { number: form.number.value, title: form.title.value, caller_id: form.caller_id.value, withheld: form.withheld.checked };
  ask("place", event.submitter?.value === "place" ? wish : { ...wish, line: form.line.value, called: byE1(form) ? form.called.value : "" });
}

// The exchange tells the number that was dialled only by an E1; an analog line has no more than its own.
const byE1 = (form) => form.line.selectedOptions[0]?.dataset.e1 !== undefined;
const chosen = () => { const form = by("outside"); by("called-field").hidden = !byE1(form); by("caller-id-field").hidden = byE1(form); };

bench.addEventListener("click", touched);
bench.addEventListener("click", tried);
by("outside").addEventListener("submit", placed);
by("line").addEventListener("change", chosen);
chosen();
by("microphone").addEventListener("click", switchMicrophone);
by("file").addEventListener("change", (event) => {
  if (event.target.files.length) playFile(event.target.files[0]);
  event.target.value = "";
});
by("stop-file").addEventListener("click", () => { mouth?.port.postMessage({ file: null }); fileOver(); });
// After a reload in the middle of a call the first touch of anything brings the sound back.
for (const touch of ["pointerdown", "keydown"]) window.addEventListener(touch, () => { if (me.ear) wake().catch(() => {}); });
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
open();
