-- Who stands above an agent is decided by two.
insert into staff_checked_command values ('super-agent');
