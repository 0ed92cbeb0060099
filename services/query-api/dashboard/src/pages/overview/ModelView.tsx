/** Everything about one submission. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { ModelDetail, ModelRow } from "../../api/client.ts";
import { modelQuery } from "../../api/queries.ts";
import { useHeldAnswer } from "../../hooks/useHeldAnswer.ts";
import { plural } from "../../lib/format.ts";
import { versionOf } from "../../lib/rows.ts";
import { ErrorTable } from "../../ui/ErrorTable.tsx";
import { Export } from "../../ui/Export.tsx";
import { News } from "../../ui/News.tsx";
import { Answer, Panel } from "../../ui/Panel.tsx";
import { Attempts } from "./Attempts.tsx";
import { EditionNotice } from "./provenance/EditionNotice.tsx";
import { linesOf } from "./provenance/lines.ts";
import { ScorePanel } from "./ScorePanel.tsx";
import { TaskPanel } from "./TaskPanel.tsx";
import { UsagePanel } from "./UsagePanel.tsx";
import { Versions } from "./Versions.tsx";

const tasksOf = (detail: ModelDetail) => linesOf(detail, null);

interface ModelViewProps {
  row: ModelRow;
  /** How many models of its task set have a rank. */
  of: number;
  /** Whether nobody has turned to it yet: a new version is shown as it comes. */
  follows: boolean;
}

/** What is shown of a submission: of one version, until its reader asks for another one. */
function useHeldVersion({ row, of, follows }: ModelViewProps) {
  const answer = useQuery(modelQuery(row.dataset, row.model));
  const { data } = answer;
  const live = useMemo(() => ({ row, of, data }), [row, of, data]);
  const stamp = versionOf(row, data);
  const { shown, isBehind, show } = useHeldAnswer(live, { stamp, follows: follows || data === undefined });
  const detail = { ...answer, data: shown.data } as typeof answer;
  return { row: shown.row, of: shown.of, detail, news: { news: isBehind ? "New version" : "", show } };
}

export function ModelView(live: ModelViewProps) {
  const { row, of, detail, news } = useHeldVersion(live);
  // Right after a landing the list knows little of it; the model's own answer knows all.
  const known = detail.data && detail.data.ingestedAt >= row.ingestedAt ? detail.data : row;
  const { ingestionErrors: errors = [], findings = [], errors: lost = 0 } = detail.data ?? {};
  const total = findings.reduce((sum, each) => sum + each.count, 0);
  const useless = errors.find((each) => each.kind === "nothing_usable");
  return (
    <div className="grid gap-5 lg:grid-cols-3">
      <div className="-my-2.5 lg:col-span-3">
        <News of={news} what="the panels below" />
      </div>
      {useless && (
        <Panel title="Landed, nothing usable" className="lg:col-span-3">
          <p className="text-bad text-sm">{useless.message}</p>
        </Panel>
      )}
      {detail.data && <EditionNotice detail={detail.data} />}
      <ScorePanel row={known} of={of} />
      <UsagePanel row={known} detail={detail} />
      <Panel
        title="Tasks"
        hint="One cell per task of the set. Pick one to see its grids."
        className="lg:col-span-3"
        aside={
          detail.data && <Export name={`Tasks of ${row.displayName}`} rows={() => tasksOf(detail.data)} />
        }
      >
        <Answer query={detail} what="the tasks" lines={6}>
          {(found) => <TaskPanel row={row} detail={found} />}
        </Answer>
      </Panel>
      <Attempts row={known} detail={detail} />
      <Panel
        title="Versions"
        hint="What each upload changed."
        className="lg:col-span-1"
        aside={
          detail.data && <Export name={`Versions of ${row.displayName}`} rows={() => detail.data.versions} />
        }
      >
        <Answer query={detail} what="the versions">
          {(found) => <Versions versions={found.versions} />}
        </Answer>
      </Panel>
      {errors.length > 0 && (
        <Panel
          title="What was found in its files"
          hint={`${plural(lost, "file")} could not be used; ${plural(total - lost, "finding")} in what was.`}
          className="lg:col-span-3"
          aside={<Export name={`Findings in ${row.displayName}`} rows={() => errors} />}
        >
          <ErrorTable findings={findings} errors={errors} />
        </Panel>
      )}
    </div>
  );
}
