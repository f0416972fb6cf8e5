import assert from "node:assert/strict";
import test from "node:test";
import { linkHere, parseRoute } from "./router";

test("every page of the server has its route", () => {
  const pages = ["/", "/setup", "/join", "/login", "/search", "/admin/connections", "/admin/metrics", "/admin/people"];
  assert.deepEqual(
    pages.map((path) => parseRoute(path).page),
    ["home", "setup", "join", "login", "search", "connections", "metrics", "people"],
  );
});

test("a room has an id and a permalink an offset", () => {
  assert.equal(parseRoute("/room/42").room, "42");
  assert.equal(parseRoute("/room/42").offset, 0);
  assert.equal(parseRoute("/room/42/17/").offset, 17);
});

test("what is no page is unknown", () => {
  for (const path of ["/room/", "/room/x", "/room/1/2/3", "/rooms", "/admin"]) {
    assert.equal(parseRoute(path).page, "unknown", path);
  }
});

test("secrets after # and words after ? are told apart", () => {
  const join = parseRoute("/join#k7pw-2xqf");
  assert.equal(join.hash, "k7pw-2xqf");
  assert.equal(parseRoute("/search?q=a%20b&room=2").query.get("q"), "a b");
});

test("a link of the server is shown at the address where people reach it", () => {
  assert.equal(linkHere("http://127.0.0.1:8080/join#CODE", "https://chat.example.org"), "https://chat.example.org/join#CODE");
  assert.equal(linkHere("/join#CODE", "http://127.0.0.1:8080"), "http://127.0.0.1:8080/join#CODE");
});
