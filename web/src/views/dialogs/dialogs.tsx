import { dialog } from "../../state/dialog";
import { CalledDialog } from "./called";
import { DeleteDialog } from "./delete";
import { EraseDialog } from "./erase";
import { FindRoomDialog } from "./find_room";
import { InviteDialog } from "./invite";
import { KeepLessDialog } from "./keep_less";
import { KeysDialog } from "./keys";
import { LeaveDialog } from "./leave";
import { NewMessageDialog } from "./new_message";
import { ChangeRoomDialog, NewRoomDialog } from "./new_room";
import { PasswordDialog, ResetDialog } from "./password";
import { SettingsDialog } from "./settings";
import { WhyDialog } from "./why";

/** The one dialog that is open. */
export function Dialogs() {
  switch (dialog.value) {
    case "new-room": return <NewRoomDialog key="new-room" />;
    case "new-message": return <NewMessageDialog key="new-message" />;
    case "find-room": return <FindRoomDialog key="find-room" />;
    case "invite": return <InviteDialog key="invite" />;
    case "room": return <ChangeRoomDialog key="room" />;
    case "settings": return <SettingsDialog key="settings" />;
    case "called": return <CalledDialog key="called" />;
    case "password": return <PasswordDialog key="password" />;
    case "delete": return <DeleteDialog key="delete" />;
    case "keys": return <KeysDialog key="keys" />;
    case "leave": return <LeaveDialog key="leave" />;
    case "why": return <WhyDialog key="why" />;
    case "erase": return <EraseDialog key="erase" />;
    case "reset": return <ResetDialog key="reset" />;
    case "keep-less": return <KeepLessDialog key="keep-less" />;
    default: return null;
  }
}
