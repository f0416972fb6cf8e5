import { logOut } from "../../actions/session";
import { endSession, mySessions } from "../../actions/people";
import { sendWith, setSendWith, setTheme, theme } from "../../lib/settings";
import type { SendWith, Theme } from "../../lib/settings";
import { shortDay } from "../../lib/time_text";
import { useAsked, useTask } from "../../lib/use_task";
import { adminPages } from "../../state/admin_pages";
import { me } from "../../state/app";
import { closeDialog, openDialog } from "../../state/dialog";
import { Choice } from "./choice";
import { Dialog, Trouble } from "./dialog";
import { NotifyChoice } from "./notify_choice";
import { PushChoice } from "./push_choice";

const THEMES: [Theme, string][] = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];
const KEYS: [SendWith, string][] = [
  ["enter", "Enter sends, Shift+Enter starts a new line"],
  ["ctrl-enter", "Ctrl+Enter sends, Enter starts a new line"],
];

/** Choices of this browser, the devices of this account, and the ways out of the chat. */
export function SettingsDialog() {
  const user = me.value;
  const task = useTask();
  return (
    <Dialog title="Settings" wide>
      <Choice legend="Appearance" name="theme" options={THEMES} value={theme.value} onChange={setTheme} row />
      <Choice legend="Writing" name="send" options={KEYS} value={sendWith.value} onChange={setSendWith} />
      <p class="keys-way">
        <button class="link" type="button" onClick={() => openDialog("keys")}>All keys</button> <kbd>Ctrl /</kbd>
      </p>
      <NotifyChoice />
      <PushChoice />
      <Devices />
      <section class="part" aria-labelledby="settings-you">
        <h3 id="settings-you">You</h3>
        <p>
          {user?.display}, logged in as <b>{user?.name}</b>
          {user?.role === "admin" ? ", an admin" : ""}.
        </p>
        <Trouble words={task.trouble} />
        <div class="dialog-acts">
          <button class="button" type="button" aria-haspopup="dialog" onClick={() => openDialog("called")}>Change name…</button>
          <button class="button" type="button" aria-haspopup="dialog" onClick={() => openDialog("password")}>Change password…</button>
          <button class="button danger end" type="button" disabled={task.busy}
            onClick={() => task.run(async () => { await logOut(); closeDialog(); })}>
            Log out
          </button>
        </div>
      </section>
      <section class="part" aria-labelledby="settings-server">
        <h3 id="settings-server">The server</h3>
        <div class="dialog-acts">
          {adminPages(user).map(({ path, words }) => <a class="button" key={path} href={path} onClick={closeDialog}>{words}</a>)}
        </div>
      </section>
    </Dialog>
  );
}

function Devices() {
  const { value: sessions, trouble, reload } = useAsked(mySessions);
  const task = useTask();
  const end = (id: string) =>
    task.run(async () => {
      await endSession(id);
      await reload();
    });
  return (
    <section class="part" aria-labelledby="settings-devices">
      <h3 id="settings-devices">Where you are logged in</h3>
      <ul class="entries" aria-busy={sessions === undefined && !trouble}>
        {sessions?.map((session) => (
          <li class="entry" key={session.id} data-key={session.id}>
            <span class="entry-text">
              <b>{session.client || "Unknown client"}</b>
              <span class="quiet">{session.address}, last used {shortDay(session.seen)}</span>
            </span>
            {session.this ? (
              <span class="tag">this device</span>
            ) : (
              <button class="button small" type="button" disabled={task.busy}
                aria-label={`Log out ${session.client} at ${session.address}`} onClick={() => end(session.id)}>
                Log out
              </button>
            )}
          </li>
        ))}
      </ul>
      <Trouble words={trouble || task.trouble} />
    </section>
  );
}
