import type { User } from "../net/types";

export interface AdminPageLink {
  page: string;
  path: string;
  words: string;
}

const ALL: AdminPageLink[] = ["Connections", "Metrics", "People", "Messages"].map((words) => {
  const page = words.toLowerCase();
  return { page, path: `/admin/${page}`, words };
});

export const isAdminPage = (page: string): boolean => ALL.some((one) => one.page === page);

/** The pages of the server that somebody may see: all of them for admins; for others their own connections. */
export function adminPages(user: User | null | undefined): AdminPageLink[] {
  return user?.role === "admin" ? ALL : ALL.slice(0, 1).map((one) => ({ ...one, words: "Your connections" }));
}
