/** What was found in files: counted by kind with what to do, the worst first, then one by one. */
import type { Schemas } from "../api/client.ts";
import { count } from "../lib/format.ts";
import { kindName } from "../lib/names.ts";
import { isTaskId } from "../lib/tasks.ts";
import { Badge, type Tone } from "./Badge.tsx";
import { type Column, Table } from "./Table.tsx";
import { TaskLink } from "./TaskLink.tsx";

type Severity = Schemas["Finding"]["severity"];

const TONES: Record<Severity, Tone> = { error: "bad", warning: "part", note: "plain" };

const CELL = "py-1.5 pr-4 text-left";

const severityColumn: Column<{ severity: Severity }> = {
  name: "Severity",
  className: CELL,
  cell: ({ severity }) => <Badge tone={TONES[severity]}>{severity}</Badge>,
};

const FINDINGS: Column<Schemas["Finding"]>[] = [
  severityColumn,
  {
    name: "Kind",
    className: CELL,
    rowHeader: true,
    cell: ({ kind }) => <span className="font-medium">{kindName(kind)}</span>,
  },
  { name: "Found", className: "py-1.5 pr-4 text-right", cell: (finding) => count(finding.count) },
  {
    name: "What to do",
    className: "text-muted py-1.5 text-left break-words",
    cell: ({ advice }) => advice ?? "–",
  },
];

const ERRORS: Column<Schemas["IngestionError"]>[] = [
  {
    name: "File",
    className: CELL,
    cell: ({ puzzleId }) =>
      puzzleId && isTaskId(puzzleId) ? (
        <TaskLink id={puzzleId} />
      ) : (
        <span className="font-mono text-xs">{puzzleId ?? "–"}</span>
      ),
  },
  {
    name: "Kind",
    className: CELL,
    cell: ({ severity, kind }) => <Badge tone={TONES[severity]}>{kindName(kind)}</Badge>,
  },
  { name: "What", className: "text-muted py-1.5 text-left break-words", cell: ({ message }) => message },
];

interface Found {
  findings: readonly Schemas["Finding"][];
  errors: readonly Schemas["IngestionError"][];
}

export function ErrorTable({ findings, errors }: Found) {
  const looks = { frame: "max-h-72 overflow-auto", body: "border-line border-t align-top" };
  return (
    <div className="space-y-4">
      <Table
        label="Findings by kind"
        testId="finding"
        columns={FINDINGS}
        rows={findings}
        keyOf={({ kind }) => kind}
        {...looks}
      />
      <Table
        label="Problems of files"
        columns={ERRORS}
        rows={errors}
        keyOf={(_, place) => place}
        {...looks}
      />
    </div>
  );
}
