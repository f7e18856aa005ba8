-- Past visits. One that was imported as the past before is corrected; one that lives in the house is never touched here.
INSERT INTO appointments_visit AS known
    (external_id, patient_id, practitioner_id, service_id, branch_id, starts_at, ends_at, state, version, claimed,
     booked_at, changed_at, confirmed_by, confirmed_channel, confirmed_evidence, history)
SELECT row.external_id, row.patient_id, row.practitioner_id, row.service_id, row.branch_id, row.starts_at, row.ends_at,
       row.state, 1, false, coalesce(row.booked_at, row.starts_at), %(at)s, '', '', '', true
FROM unnest(
    %(external_ids)s::text[], %(patient_ids)s::bigint[], %(practitioner_ids)s::bigint[], %(service_ids)s::bigint[],
    %(branch_ids)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(states)s::text[],
    %(bookings)s::timestamptz[]
) AS row (external_id, patient_id, practitioner_id, service_id, branch_id, starts_at, ends_at, state, booked_at)
ON CONFLICT (external_id) DO UPDATE SET
    patient_id = excluded.patient_id,
    practitioner_id = excluded.practitioner_id,
    service_id = excluded.service_id,
    branch_id = excluded.branch_id,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    state = excluded.state,
    booked_at = excluded.booked_at,
    changed_at = excluded.changed_at
WHERE known.history
