import assert from "node:assert/strict";
import test from "node:test";
import { Centrifuge } from "centrifuge";
import { reconnectDelay } from "./link";

test("delays have full jitter from the first try, double, and stop growing at 20 s", () => {
  assert.equal(reconnectDelay(0, () => 0), 0);
  assert.equal(reconnectDelay(0, () => 1), 500);
  assert.equal(reconnectDelay(3, () => 1), 4000);
  assert.equal(reconnectDelay(50, () => 1), 20_000);
});

test("the client still makes its delays where this page replaces them", () => {
  const inside = Centrifuge.prototype as unknown as Record<string, unknown>;
  assert.equal(typeof inside["_getReconnectDelay"], "function");
});
