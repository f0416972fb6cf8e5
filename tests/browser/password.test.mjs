// Passwords on the page: one's own is changed, and an admin gives another to somebody who forgot theirs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endAll, enter, openPlace, picture, roomShown } from "../support/browser.mjs";

const PASSWORD = "correct horse battery";
const ANOTHER = "staple of another kind";
let server, mira, jonas, priya;

before(async () => {
  ({ server, people: [mira, jonas, priya] } = await openPlace(["Jonas Lindqvist", "Priya Nair"]));
});
after(endAll);

const login = (name, password) => server.post("session.login", { name, password });
const loggedOut = (page) => page.getByRole("heading", { name: "Logged out on another device" }).waitFor();

test("one changes the password under Settings, and is logged out everywhere else", async () => {
  const page = await enter(jonas, "/room/1", { url: server.url });
  await roomShown(page, "general");
  const other = await enter({ ...jonas, cookie: (await login("jonas", PASSWORD)).cookie }, "/room/1", { url: server.url });
  await roomShown(other, "general");

  await page.getByRole("button", { name: /^Settings/ }).click();
  await page.getByRole("button", { name: "Change password…" }).click();
  const dialog = page.getByRole("dialog", { name: "Change your password" });
  await dialog.waitFor();
  const old = dialog.getByLabel("Old password"), fresh = dialog.getByLabel("New password");
  assert.ok(await old.evaluate((e) => e === document.activeElement), "one types at once");
  await old.fill("not his password");
  await fresh.fill(ANOTHER);
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("That is not your old password.").waitFor();
  await picture(page, "password");
  await old.fill(PASSWORD);
  await fresh.fill("too short");
  await page.keyboard.press("Enter");
  assert.equal(await fresh.evaluate((e) => e.validity.tooShort), true);
  assert.equal((await login("jonas", PASSWORD)).status, 200, "nothing changed yet");
  await fresh.fill(ANOTHER);
  await page.keyboard.press("Enter");
  await dialog.getByRole("status").getByText(/^Changed\./).waitFor();
  await loggedOut(other);
  assert.equal((await login("jonas", PASSWORD)).status, 401);
  assert.equal((await login("jonas", ANOTHER)).status, 200);
  await page.keyboard.press("Enter"); // Close has the focus
  await dialog.waitFor({ state: "detached" });
  await page.reload();
  await roomShown(page, "general");
  await Promise.all([page.context().close(), other.context().close()]);
});

test("an admin gives somebody another password, which is shown once", async () => {
  const [page, theirs] = await Promise.all([
    enter(mira, "/admin/people", { url: server.url }),
    enter(priya, "/room/1", { url: server.url }),
  ]);
  const row = (user) => page.locator(`tr[data-key="${user.id}"]`);
  await row(priya.user).getByRole("button", { name: "Give Priya Nair another password…" }).click();
  assert.equal(await row(mira.user).getByRole("button", { name: /password/ }).count(), 0, "one's own is changed under Settings");
  assert.equal(await row({ id: "1" }).getByRole("button", { name: /password/ }).count(), 0, "an agent has none");
  const dialog = page.getByRole("dialog", { name: "Give Priya Nair another password?" });
  await dialog.getByText(/they are logged out everywhere/).waitFor();
  await picture(page, "password-reset");
  await page.keyboard.press("Enter");
  await dialog.getByText(/^Shown only now\./).waitFor();
  const made = await dialog.locator(".copy-row .mono").innerText();
  assert.match(made, /^[A-Za-z0-9]{22}$/);
  await picture(page, "password-made");
  await loggedOut(theirs);
  assert.equal((await login("priya", PASSWORD)).status, 401);
  assert.equal((await login("priya", made)).status, 200);
  await theirs.getByRole("link", { name: "Log in" }).click();
  await theirs.getByLabel("Name").fill("priya");
  await theirs.getByLabel("Password").fill(made);
  await theirs.getByRole("button", { name: "Log in" }).click();
  await roomShown(theirs, "general");
  await page.keyboard.press("Escape");
  assert.equal(await page.getByText(made).count(), 0);
});
