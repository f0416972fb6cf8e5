// tidy: what a file opened is closed when its tests are over, also when they failed, so that nothing keeps it running.
import { after } from "node:test";

const ends = [];

/** fn() is called at the end, last one first. */
export function atEnd(fn) {
  ends.push(fn);
}

after(async () => {
  const failed = [];
  while (ends.length > 0) {
    try {
      await ends.pop()();
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
});
