/** A submission's versions over time. */
import { Link } from "wouter";

import type { Schemas } from "../../api/client.ts";
import { bounds, moments, percent, plural } from "../../lib/format.ts";
import { Moment } from "../../ui/Moment.tsx";
import { Edition, runHref } from "./provenance/Facts.tsx";
import { VersionChart } from "./VersionChart.tsx";

type Version = Schemas["Version"];

export function Versions({ versions }: { versions: readonly Version[] }) {
  const times = moments(versions.map(({ ingestedAt }) => ingestedAt));
  return (
    <div>
      {versions.length > 1 && <VersionChart versions={versions} />}
      <ol className="space-y-3">
        {versions.map((version, place) => (
          <li key={version.treeOid} className="border-line border-l-2 pl-3.5 text-sm">
            <p className="flex flex-wrap items-baseline gap-x-2">
              <strong className="font-semibold">{percent(version.score)}</strong>
              <span className="text-muted text-xs">{bounds(version.scoreInterval)}</span>
              <Moment at={version.ingestedAt} className="text-muted">
                {times[place]}
              </Moment>
              {version.supersededAt === null && (
                <span className="text-good text-xs font-semibold">current</span>
              )}
            </p>
            <p className="text-muted text-xs">{changed(version, versions[place + 1])}</p>
            <Origin version={version} />
            <Replaced scores={version.scores} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function Origin({ version }: { version: Version }) {
  const { hubUrl, revision, runId, rulesVersion, taskSetVersion, taskSetCurrent } = version;
  return (
    <p className="text-muted mt-0.5 flex flex-wrap gap-x-2.5 text-xs">
      <a className="link font-mono" href={hubUrl ?? undefined}>
        {revision.slice(0, 7)}
      </a>
      <Link className="link" href={runHref(runId)}>
        run {runId}
      </Link>
      {rulesVersion !== null && <span>rules {rulesVersion}</span>}
      {taskSetCurrent === false && (
        <span title={`Scored with another edition of the task set: ${taskSetVersion}`}>
          <Edition from={version} />
        </span>
      )}
    </p>
  );
}

/** What the score was before tasks or rules changed and it was computed anew. */
function Replaced({ scores }: { scores: Version["scores"] }) {
  return scores.map(({ score, rulesVersion, taskSetVersion, replacedAt }) => (
    <p key={replacedAt} className="text-muted text-xs">
      {percent(score)} until <Moment at={replacedAt} />, by rules {rulesVersion ?? "unknown"}
      {taskSetVersion && ` and edition ${taskSetVersion}`}
    </p>
  ));
}

function changed({ changes, tasksSubmitted, errors, landedAt }: Version, before?: Version): string {
  if (!changes)
    return `first version, ${plural(tasksSubmitted, "task")}${errors ? `, ${errors} unusable` : ""}`;
  const parts = [
    [changes.added.length, "added"],
    [changes.removed.length, "removed"],
    [changes.changed.length, "changed"],
    [changes.newlySolved.length, "newly solved"],
    [changes.noLongerSolved.length, "no longer solved"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  // Files differ, but only in what they say of costs, tokens or texts.
  if (landedAt === before?.landedAt) said.push("no answer changed");
  return said.join(", ") || "nothing that counts changed";
}
