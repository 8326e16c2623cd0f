// What bpmn-js asks for and Chromium 86 lacks.
if (!Object.hasOwn) {
  Object.hasOwn = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
}

if (!Array.prototype.at) {
  for (const kind of [Array, String]) {
    Object.defineProperty(kind.prototype, "at", {
      configurable: true,
      writable: true,
      value(index) {
        const place = Math.trunc(index) || 0;
        return this[place < 0 ? this.length + place : place];
      },
    });
  }
}

if (!window.structuredClone) {
  // bpmn-js clones plain values only
  window.structuredClone = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
}
