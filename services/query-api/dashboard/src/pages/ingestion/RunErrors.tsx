/** What was wrong with the files of one run, page by page. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { runErrorsQuery } from "../../api/queries.ts";
import { plural } from "../../lib/format.ts";
import { ErrorTable } from "../../ui/ErrorTable.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Answer } from "../../ui/Panel.tsx";

const PAGE = 20;

export function RunErrors({ run }: { run: number }) {
  const [page, setPage] = useState(1);
  const found = useQuery({
    ...runErrorsQuery(run, { limit: PAGE, offset: (page - 1) * PAGE }),
    placeholderData: keepPreviousData,
  });
  return (
    <Answer query={found} what="the files' errors" lines={2}>
      {({ total, fatal, errors }) =>
        total === 0 ? null : (
          <div data-testid="run-errors">
            <p className="mb-2 text-sm">
              <strong className="font-semibold">{plural(fatal, "file")}</strong> could not be used
              {total > fatal ? `; ${plural(total - fatal, "note")} on files that were` : ""}.
            </p>
            <ErrorTable errors={errors} />
            <Pager label={`errors of run ${run}`} page={page} size={PAGE} total={total} go={setPage} />
          </div>
        )
      }
    </Answer>
  );
}
