// A clock in a worker: pages in the background slow their own timers down.

setInterval(() => postMessage(null), 25);
