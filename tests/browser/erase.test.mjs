// The page of the people, and the erasure of one of them: what the dialog says, how it is confirmed, and what others see.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endAll, enter, openPlace, picture, roomShown, stored, until } from "../support/browser.mjs";

let server, mira, jonas, priya, omar;

before(async () => {
  ({ server, people: [mira, jonas, priya, omar] } = await openPlace(["Jonas Lindqvist", "Priya Nair", "Omar Haddad"]));
});
after(endAll);

const row = (page, user) => page.locator(`tr[data-key="${user.id}"]`);
const dialogOf = (page) => page.getByRole("dialog");

async function openPeople() {
  const page = await enter(mira, "/admin/people", { url: server.url });
  await page.getByRole("heading", { level: 1, name: "People" }).waitFor();
  await row(page, priya.user).waitFor();
  return page;
}

test("an admin erases somebody with the keyboard alone, and others see it without a reload", async () => {
  const { id } = await mira.call("room.create", { name: "erased", private: true });
  for (const who of [jonas, priya]) await mira.call("room.invite", { room: id, user: who.user.id });
  await jonas.call("message.send", { room: id, text: "Words of Jonas", key: "j" });
  await priya.call("message.send", { room: id, text: "Words of Priya", key: "p" });
  const [other, theirs, page] = await Promise.all([
    enter(priya, `/room/${id}`, { url: server.url }),
    enter(jonas, `/room/${id}`, { url: server.url }),
    openPeople(),
  ]);
  await roomShown(other, "erased");
  await stored(other, "Words of Jonas").waitFor();

  await page.getByText("4 people, 1 agent").waitFor();
  assert.equal(await row(page, { id: "1" }).getByRole("button", { name: /^Erase/ }).count(), 0, "an agent is not erased");
  await page.getByRole("searchbox", { name: "Find somebody" }).fill("lindq");
  assert.equal(await page.locator("tbody tr").count(), 1);
  await row(page, jonas.user).getByRole("button", { name: "Erase Jonas Lindqvist…" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Erase Jonas Lindqvist?" });
  await dialog.waitFor();
  for (const words of ["What goes", "What stays"]) await dialog.getByRole("list", { name: words }).waitFor();
  await dialog.getByText("There is no way back.").waitFor();
  const confirm = dialog.getByRole("textbox", { name: "Type jonas to confirm" });
  assert.ok(await confirm.evaluate((e) => e === document.activeElement), "one types at once");
  const button = dialog.getByRole("button", { name: "Erase them" });
  assert.equal(await button.isDisabled(), true);
  await page.keyboard.type("jona");
  await page.keyboard.press("Enter");
  assert.equal(await button.isDisabled(), true, "not the whole name");
  assert.ok(await dialog.isVisible());
  await picture(page, "erase");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("ArrowDown");
  assert.equal(await dialog.getByRole("radio", { name: /They are deleted/ }).isChecked(), true);
  await confirm.focus();
  await page.keyboard.press("End");
  await page.keyboard.type("s");
  await page.keyboard.press("Enter");
  await dialog.getByRole("progressbar", { name: "How far it is" }).waitFor();
  await dialog.getByRole("status").getByText(/It goes on when this is closed/).waitFor();
  await dialog.getByRole("status").getByText("Erased. Only what others wrote may still name them.").waitFor();
  await picture(page, "erase-over");
  assert.ok(await dialog.getByRole("button", { name: "Close" }).last().isVisible());
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("searchbox", { name: "Find somebody" }).fill("");
  await row(page, jonas.user).getByText(/^erased .*, messages deleted$/).waitFor();
  await page.getByText("3 people, 1 agent").waitFor();
  assert.equal(await row(page, jonas.user).getByRole("button").count(), 0);
  assert.equal(await page.getByText("Jonas").count(), 0);

  const first = other.locator("#log article.message").first();
  await first.getByText("Message deleted by its author").waitFor();
  assert.equal(await first.locator("header b").innerText(), "Erased person");
  assert.equal(await other.getByText("Jonas Lindqvist").count(), 0, "nowhere on the page, the details too");
  await stored(other, "Words of Priya").waitFor();
  await other.reload();
  await first.getByText("Message deleted by its author").waitFor();
  assert.equal(await other.getByText("Jonas Lindqvist").count(), 0);

  await theirs.getByRole("heading", { name: "You may not come in any more" }).waitFor();
  await theirs.reload();
  await until("the door", async () => new URL(theirs.url()).pathname === "/login" || (await theirs.getByRole("button", { name: "Log in" }).count()) > 0);
  for (const one of [page, other, theirs]) await one.context().close();
});

test("with keep the words stay, and one may leave it", async () => {
  const { id } = await mira.call("room.create", { name: "kept", private: true });
  for (const who of [omar, priya]) await mira.call("room.invite", { room: id, user: who.user.id });
  await omar.call("message.send", { room: id, text: "Words of Omar", key: "o" });
  const [other, page] = await Promise.all([enter(priya, `/room/${id}`, { url: server.url }), openPeople()]);
  await stored(other, "Words of Omar").waitFor();
  const ask = () => row(page, omar.user).getByRole("button", { name: "Erase Omar Haddad…" }).click();
  await ask();
  await dialogOf(page).getByRole("button", { name: "Cancel" }).click();
  await dialogOf(page).waitFor({ state: "detached" });
  assert.ok(await row(page, omar.user).getByRole("button", { name: /^Erase/ }).evaluate((e) => e === document.activeElement), "the focus is back");
  assert.equal((await priya.call("user.list")).users.find((u) => u.id === omar.user.id).erased, undefined);
  await ask();
  assert.equal(await dialogOf(page).getByRole("radio", { name: /They stay/ }).isChecked(), true);
  await dialogOf(page).getByRole("textbox").fill("omar");
  await dialogOf(page).getByRole("button", { name: "Erase them" }).click();
  await dialogOf(page).getByText("Erased. Only what others wrote may still name them.").waitFor();
  await dialogOf(page).getByRole("button", { name: "Close" }).last().click();
  await row(page, omar.user).getByText(/messages kept$/).waitFor();
  const first = other.locator("#log article.message").first();
  await until("it to be by nobody", async () => (await first.locator("header b").innerText()) === "Erased person");
  await stored(other, "Words of Omar").waitFor();
  for (const one of [page, other]) await one.context().close();
});

test("what the server refuses is said in the dialog; who is no admin sees no accounts", async () => {
  const page = await openPeople();
  await row(page, mira.user).getByRole("button", { name: "Erase Mira Okafor…" }).click();
  await dialogOf(page).getByRole("textbox").fill("mira");
  await dialogOf(page).getByRole("button", { name: "Erase them" }).click();
  await dialogOf(page).getByRole("alert").getByText(/the last admin/).waitFor();
  await page.keyboard.press("Escape");
  await dialogOf(page).waitFor({ state: "detached" });
  const other = await enter(priya, "/admin/people", { url: server.url });
  await other.getByText("Only admins see everybody's accounts.").waitFor();
  assert.equal(await other.getByRole("link", { name: "People" }).count(), 0);
  for (const one of [page, other]) await one.context().close();
});
