-- What a worker has in work of each partition: offsets [first, next), and how often a process began with them.
create table in_work (
  topic text not null,
  part int not null,
  first bigint not null,
  next bigint not null,
  tries int not null,
  alone_until bigint not null,
  primary key (topic, part)
);
