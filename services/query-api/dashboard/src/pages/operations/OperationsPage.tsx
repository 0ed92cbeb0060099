/** Operations: what only admins see and do. */
import { useTitle } from "../../hooks/useTitle.ts";
import { AuditLog } from "./AuditLog.tsx";
import { Datasets } from "./Datasets.tsx";
import { DeadLetters } from "./DeadLetters.tsx";
import { Notifications } from "./Notifications.tsx";

export default function OperationsPage() {
  useTitle("Operations");
  return (
    <div className="space-y-5">
      <h1 className="pt-2 text-3xl font-semibold tracking-[-0.02em]">Operations</h1>
      <Datasets />
      <DeadLetters />
      <Notifications />
      <AuditLog />
    </div>
  );
}
