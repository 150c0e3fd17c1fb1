// The two ends of the browser's sound, in its audio thread: an ear that plays what comes in blocks of 20 ms of A-law at 8000 Hz, and a
// mouth that makes such blocks of the microphone and of files. Both count and measure.

const LINE_HZ = 8000;
const BLOCK = 160;
const LEAST_S = 0.08; // waits in the ear, so that a block may be late; more of it after each gap, less again when there are none
const LONGEST_S = 0.4;
const BEYOND_S = 0.25; // so much more, and what is old is left out
const QUIET_S = 10;
const REPORT_S = 0.1;
const SILENCE = 0xd5;

const LINEAR = Float32Array.from({ length: 256 }, (_, octet) => {
  const code = octet ^ 0x55;
  const segment = (code >> 4) & 7;
  const step = code & 15;
  const size = segment === 0 ? step * 16 + 8 : (step * 16 + 264) << (segment - 1);
  return (code & 0x80 ? size : -size) / 32768;
});

function alaw(value) {
  const sample = Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
  const size = sample >= 0 ? sample : -sample - 1;
  let segment = 0;
  for (let bound = 256; segment < 7 && size >= bound; bound <<= 1) segment += 1;
  const step = (size >> Math.max(segment + 3, 4)) & 15;
  return ((sample >= 0 ? 0x80 : 0) | (segment << 4) | step) ^ 0x55;
}

// Another sampling rate by a windowed sinc, as a stream: push samples, take what has become of them.
class Resampler {
  constructor(fromHz, toHz) {
    this.step = fromHz / toHz;
    this.cut = 0.9 * Math.min(1, toHz / fromHz); // of half the incoming rate
    this.half = Math.ceil(10 / this.cut);
    this.kernel = Float32Array.from({ length: this.half * 64 + 2 }, (_, place) => {
      const x = place / 64;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * this.cut * x) / (Math.PI * this.cut * x);
      return x >= this.half ? 0 : this.cut * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / this.half));
    });
    this.past = new Float32Array(2 * this.half);
    this.at = this.half; // where the next sample lies in the past and what comes after it
  }

  push(samples) {
    const all = new Float32Array(this.past.length + samples.length);
    all.set(this.past);
    all.set(samples, this.past.length);
    const made = [];
    for (; this.at + this.half < all.length; this.at += this.step) {
      const first = Math.ceil(this.at - this.half);
      let sum = 0;
      for (let place = Math.max(0, first); place <= this.at + this.half; place += 1) {
        const away = Math.abs(place - this.at) * 64;
        const index = Math.floor(away);
        sum += all[place] * (this.kernel[index] + (this.kernel[index + 1] - this.kernel[index]) * (away - index));
      }
      made.push(sum);
    }
    const keep = Math.min(2 * this.half, all.length);
    this.past = all.slice(all.length - keep);
    this.at -= all.length - keep;
    return made;
  }
}

class Meter {
  constructor() { this.sum = 0; this.count = 0; }
  take(value) { this.sum += value * value; this.count += 1; }
  level() {
    const square = this.count ? this.sum / this.count : 0;
    this.sum = 0;
    this.count = 0;
    return square > 1e-10 ? Math.round(100 * Math.log10(2 * square) + 31.4) / 10 : -99; // dBm0 of a sine: +3.14 at full scale
  }
}

class Ear extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(LINE_HZ, sampleRate);
    this.waiting = [];
    this.taken = 0;
    this.filled = 0;
    this.sounding = false;
    this.usual = LEAST_S * sampleRate;
    this.calm = 0;
    this.gaps = 0;
    this.dropped = 0;
    this.meter = new Meter();
    this.until = REPORT_S * sampleRate;
    this.port.onmessage = (event) => this.hear(event.data);
  }

  hear(octets) {
    if (octets === null) {
      this.waiting = [];
      this.taken = this.filled = 0;
      this.sounding = false;
      return;
    }
    const samples = this.resampler.push(Float32Array.from(octets, (octet) => LINEAR[octet]));
    this.waiting.push(samples);
    this.filled += samples.length;
    if (this.filled > this.usual + BEYOND_S * sampleRate) this.forgetOld();
  }

  forgetOld() {
    while (this.filled > this.usual && this.waiting.length > 1) {
      this.filled -= this.waiting.shift().length - this.taken;
      this.taken = 0;
      this.dropped += 1;
    }
  }

  next() {
    if (!this.sounding) {
      if (this.filled < this.usual) return 0;
      this.sounding = true;
      this.calm = 0;
    }
    if (!this.waiting.length) {
      this.sounding = false;
      this.gaps += 1;
      this.usual = Math.min(1.5 * this.usual, LONGEST_S * sampleRate);
      return 0;
    }
    const value = this.waiting[0][this.taken++];
    this.filled -= 1;
    if (this.taken >= this.waiting[0].length) {
      this.waiting.shift();
      this.taken = 0;
    }
    return value;
  }

  process(_inputs, outputs) {
    const [first, ...others] = outputs[0];
    for (let place = 0; place < first.length; place += 1) {
      first[place] = this.next();
      this.meter.take(first[place]);
    }
    for (const other of others) other.set(first);
    this.calm += first.length;
    if (this.calm > QUIET_S * sampleRate) {
      this.calm = 0;
      this.usual = Math.max(0.8 * this.usual, LEAST_S * sampleRate);
    }
    this.until -= first.length;
    if (this.until <= 0) {
      this.until += REPORT_S * sampleRate;
      this.port.postMessage({ level: this.meter.level(), waitingMs: Math.round((1000 * this.filled) / sampleRate), gaps: this.gaps, dropped: this.dropped });
    }
    return true;
  }
}

class Mouth extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, LINE_HZ);
    this.spoken = [];
    this.microphone = false;
    this.file = null;
    this.at = 0;
    this.due = 0;
    this.port.onmessage = (event) => {
      if ("microphone" in event.data) {
        this.microphone = event.data.microphone;
        this.spoken = [];
      }
      if ("file" in event.data) {
        this.file = event.data.file;
        this.at = 0;
      }
    };
  }

  process(inputs) {
    const channels = inputs[0];
    if (this.microphone && channels.length) {
      const mono = Float32Array.from(channels[0], (_, place) => channels.reduce((sum, channel) => sum + channel[place], 0) / channels.length);
      this.spoken.push(...this.resampler.push(mono));
      if (this.spoken.length > 4 * BLOCK) this.spoken.splice(0, this.spoken.length - BLOCK);
    }
    this.due += (128 * LINE_HZ) / sampleRate;
    if (this.due >= BLOCK) {
      this.due -= BLOCK;
      if (this.microphone || this.file) this.send();
    }
    return true;
  }

  send() {
    const octets = new Uint8Array(BLOCK).fill(SILENCE);
    const spoken = this.spoken.splice(0, BLOCK);
    for (let place = 0; place < BLOCK; place += 1) {
      const played = this.file && this.at + place < this.file.length ? this.file[this.at + place] : 0;
      octets[place] = alaw((spoken[place] ?? 0) + played);
    }
    this.at += BLOCK;
    const over = this.file !== null && this.at >= this.file.length;
    if (over) this.file = null;
    this.port.postMessage({ octets, over }, [octets.buffer]);
  }
}

registerProcessor("ear", Ear);
registerProcessor("mouth", Mouth);
