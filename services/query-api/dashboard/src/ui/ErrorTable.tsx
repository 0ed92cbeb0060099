/** What was wrong with files, one by one. */
import type { Schemas } from "../api/client.ts";
import { kindName } from "../lib/names.ts";
import { Badge } from "./Badge.tsx";
import { type Column, Table } from "./Table.tsx";

const COLUMNS: Column<Schemas["IngestionError"]>[] = [
  {
    name: "File",
    className: "py-1.5 pr-4 text-left",
    cell: ({ puzzleId }) => <span className="font-mono text-xs">{puzzleId ?? "–"}</span>,
  },
  {
    name: "Kind",
    className: "py-1.5 pr-4 text-left",
    cell: ({ fatal, kind }) => <Badge tone={fatal ? "bad" : "part"}>{kindName(kind)}</Badge>,
  },
  { name: "What", className: "text-muted py-1.5 text-left break-words", cell: ({ message }) => message },
];

export function ErrorTable({ errors }: { errors: readonly Schemas["IngestionError"][] }) {
  const looks = { frame: "max-h-72 overflow-auto", body: "border-line border-t align-top" };
  return (
    <Table label="Problems of files" columns={COLUMNS} rows={errors} keyOf={(_, place) => place} {...looks} />
  );
}
