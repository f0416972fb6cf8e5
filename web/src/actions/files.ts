import { roomFiles } from "../state/app";
import { withPage } from "../state/room_files";
import { call } from "../net/rpc";
import type { ListedFile } from "../net/types_files";

const PAGE = 20;

interface Page {
  files: ListedFile[];
  more: boolean;
}

/** The newest files of a room, or the next older ones. errors: ApiError */
export async function loadFiles(room: string, older: boolean): Promise<void> {
  const list = roomFiles(room);
  const before = older ? list.peek().items.at(-1)?.id : undefined;
  const page = await call<Page>("file.list", { room, limit: PAGE, ...(before ? { before } : {}) });
  list.value = withPage(list.peek(), page, !older);
}
