// Waiting for events with a limit, so that a lost event is a named failure and never a hang.

export function within(ms, what, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  });
  const outcome = Promise.race([promise, limit]).finally(() => clearTimeout(timer));
  outcome.catch(() => {}); // a case that fails elsewhere first leaves this one unawaited
  return outcome;
}

// next resolves to the arguments of the emitter's next such event.
export function next(emitter, event, ms = 5000) {
  return within(ms, `"${event}"`, new Promise((resolve) => emitter.once(event, (...args) => resolve(args))));
}

// call emits an event and resolves to the arguments of its acknowledgement.
export function call(socket, event, ...args) {
  const answered = new Promise((resolve) => socket.emit(event, ...args, (...answer) => resolve(answer)));
  return within(5000, `the ack of "${event}"`, answered);
}

// collect keeps the arguments of every such event in an array that it returns at once.
export function collect(emitter, event) {
  const seen = [];
  emitter.on(event, (...args) => seen.push(args));
  return seen;
}
