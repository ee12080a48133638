-- A case that nobody decided in time alarms the staff once a clock: which clock that was. An appeal starts another one.
alter table redress_case add column alarmed_due_at timestamptz;
grant update (alarmed_due_at) on redress_case to starhash_app;
