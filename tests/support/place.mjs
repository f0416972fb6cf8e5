// place: a server with people and rooms in it, made quickly: people by the command line without a password, in by token.
import assert from "node:assert/strict";
import { Server, snug, tempFolder } from "./server.mjs";
import { atEnd } from "./tidy.mjs";

/** A server whose folder stays over restarts. At the end it must stop well: leaks would show there. */
export async function startPlace(options = {}) {
  const server = await Server.start({ data: tempFolder("snug-place-"), ...options });
  atEnd(async () => {
    if (server.gone) return; // the test has ended it
    const { code, signal, ms } = await server.stop();
    assert.equal(code, 0, `the server ended with ${code ?? signal} after ${ms} ms\n${server.log.slice(-4000)}`);
  });
  return server;
}

async function command(server, args) {
  const { code, out, err } = await snug([...args, "--data", server.data]);
  assert.equal(code, 0, `snug ${args.join(" ")}: ${err}`);
  return out.trim();
}

/** People who may connect: [{name, id, token, call}]. call(method, params) is by HTTP and must succeed. */
export async function people(server, names, { admin = false } = {}) {
  const made = [];
  for (const name of names) {
    await command(server, ["user", "add", name, ...(admin ? ["--admin"] : [])]);
    made.push(await person(server, name));
  }
  return made;
}

/** Somebody who is there already. */
export async function person(server, name) {
  const token = await command(server, ["token", name]);
  const post = (method, params) => server.post(method, params, "", { Authorization: `Bearer ${token}` });
  const call = async (method, params) => {
    const { result, error, status } = await post(method, params);
    if (!result) throw Object.assign(new Error(`${method}: ${status} ${JSON.stringify(error)}`), error);
    return result;
  };
  const { user } = await call("user.me");
  return { name, id: user.id, token, user, post, call };
}

/** A room of `owner` with these members; its id. */
export async function room(owner, name, members = [], more = {}) {
  const { id } = await owner.call("room.create", { name, private: true, ...more });
  for (const member of members) await owner.call("room.invite", { room: id, user: member.id });
  return id;
}
