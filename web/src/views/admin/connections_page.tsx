import { me } from "../../state/app";
import { ClosedConnections } from "./closed_connections";
import { OpenConnections } from "./open_connections";

/** Every open line, and how the closed ones ended: enough to answer "why did I not get it". */
export function ConnectionsPage() {
  const admin = me.value?.role === "admin";
  return (
    <div class="sheet">
      <header>
        <h1>{admin ? "Connections" : "Your connections"}</h1>
        <p class="lead">
          {admin
            ? "Every open line to this server, and how the closed ones ended. Addresses and clients are seen by admins only; history is kept for 30 days."
            : "Your open lines to this server, and how the closed ones ended. Only you and the admins see them; history is kept for 30 days."}
        </p>
      </header>
      <OpenConnections admin={admin} />
      <ClosedConnections />
    </div>
  );
}
