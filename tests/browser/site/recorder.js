// Tells every sample that comes by.

class Recorder extends AudioWorkletProcessor {
  process([[samples]], [[out]]) {
    if (!samples) return true;
    out?.set(samples);
    this.port.postMessage({ at: currentTime, samples: samples.slice() });
    return true;
  }
}

registerProcessor('recorder', Recorder);
