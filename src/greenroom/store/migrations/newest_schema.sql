-- Generated from the migrations: run `make docs` after a new one.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO "alembic_version" VALUES('0022');

CREATE TABLE api_keys (
	id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	last_used_at BIGINT,
	revoked_at BIGINT, role VARCHAR DEFAULT 'client' NOT NULL,
	CONSTRAINT pk_api_keys PRIMARY KEY (id)
);

CREATE TABLE asset_shares (
	job_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	asset_id VARCHAR NOT NULL,
	PRIMARY KEY (job_id, asset_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE assets (
	id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	root VARCHAR NOT NULL,
	subfolder VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	stem VARCHAR,
	counter BIGINT,
	blob VARCHAR NOT NULL,
	size BIGINT NOT NULL,
	mime VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	job_id VARCHAR,
	node_id VARCHAR, file_path VARCHAR, tags TEXT DEFAULT '[]' NOT NULL, expires_at BIGINT, metadata TEXT DEFAULT '{}' NOT NULL, preview_id VARCHAR, updated_at BIGINT, width INTEGER, height INTEGER, duration_ms BIGINT,
	CONSTRAINT pk_assets PRIMARY KEY (id),
	CONSTRAINT uq_assets_tenant_root_subfolder_name UNIQUE (tenant, root, subfolder, name)
);

CREATE TABLE attempts (
	job_id VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	tenant VARCHAR NOT NULL,
	worker VARCHAR NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at BIGINT,
	outcome VARCHAR,
	error TEXT,
	CONSTRAINT pk_attempts PRIMARY KEY (job_id, number),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE batch_jobs (
	job_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	batch_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	assigned TEXT NOT NULL,
	CONSTRAINT pk_batch_jobs PRIMARY KEY (job_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE batch_webhooks (
	batch_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	url VARCHAR NOT NULL,
	base VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	remaining INTEGER NOT NULL,
	ended_at BIGINT,
	canceled INTEGER DEFAULT '0' NOT NULL,
	expired INTEGER DEFAULT '0' NOT NULL,
	failed INTEGER DEFAULT '0' NOT NULL,
	lost INTEGER DEFAULT '0' NOT NULL,
	succeeded INTEGER DEFAULT '0' NOT NULL,
	PRIMARY KEY (batch_id)
);

CREATE TABLE deployment_nodes (
	deployment_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	definitions BLOB NOT NULL,
	PRIMARY KEY (deployment_id)
);

CREATE TABLE deployments (
	id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	workflow_id VARCHAR NOT NULL,
	version INTEGER NOT NULL,
	hardware VARCHAR,
	readme VARCHAR NOT NULL,
	enabled INTEGER NOT NULL,
	min_instances INTEGER NOT NULL,
	max_instances INTEGER NOT NULL,
	queue_size BIGINT NOT NULL,
	keep_warm_ms BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	deleted_at BIGINT,
	PRIMARY KEY (id)
);

CREATE TABLE duties (
	name VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	holder VARCHAR NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (name)
);

CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	xid BIGINT NOT NULL,
	tenant VARCHAR NOT NULL,
	job_id VARCHAR NOT NULL,
	event VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	job TEXT NOT NULL
);

CREATE TABLE idempotency_keys (
	tenant VARCHAR NOT NULL,
	"key" VARCHAR NOT NULL,
	claimed_at BIGINT NOT NULL,
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (tenant, "key")
);

CREATE TABLE input_fetches (
	job_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	tenant VARCHAR NOT NULL,
	url VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	places TEXT NOT NULL,
	asset_id VARCHAR,
	tries INTEGER DEFAULT '0' NOT NULL,
	next_at BIGINT,
	give_up_at BIGINT,
	lease VARCHAR,
	last_error VARCHAR,
	PRIMARY KEY (job_id, position),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE instances (
	id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	deployment_id VARCHAR NOT NULL,
	home VARCHAR NOT NULL,
	phase VARCHAR NOT NULL,
	since BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	ready_at BIGINT,
	ended_at BIGINT,
	url VARCHAR,
	handle VARCHAR,
	reason VARCHAR,
	jobs BIGINT NOT NULL,
	busy_ms BIGINT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE job_counts (
	tenant VARCHAR NOT NULL,
	job_state VARCHAR NOT NULL,
	shard INTEGER NOT NULL,
	jobs BIGINT NOT NULL,
	PRIMARY KEY (tenant, job_state, shard)
);

CREATE TABLE job_inputs (
	job_id VARCHAR NOT NULL,
	asset_id VARCHAR NOT NULL,
	CONSTRAINT pk_job_inputs PRIMARY KEY (job_id, asset_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE job_outputs (
	job_id VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	tenant VARCHAR NOT NULL,
	node_id VARCHAR NOT NULL,
	output BLOB NOT NULL,
	CONSTRAINT pk_job_outputs PRIMARY KEY (job_id, position),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE job_payloads (
	job_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	prompt BLOB NOT NULL,
	graph BLOB,
	extra_data BLOB NOT NULL,
	outputs_to_execute BLOB NOT NULL,
	digest VARCHAR NOT NULL,
	CONSTRAINT pk_job_payloads PRIMARY KEY (job_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE job_results (
	job_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	outputs BLOB NOT NULL,
	meta BLOB NOT NULL,
	messages BLOB NOT NULL,
	CONSTRAINT pk_job_results PRIMARY KEY (job_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE job_secrets (
	job_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	sealed BLOB NOT NULL,
	CONSTRAINT pk_job_secrets PRIMARY KEY (job_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE job_tags (
	job_id VARCHAR NOT NULL,
	tag VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	deployment_id VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	PRIMARY KEY (job_id, tag),
	CONSTRAINT fk_job_tags_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE job_webhooks (
	job_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	url VARCHAR NOT NULL,
	form VARCHAR NOT NULL,
	base VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	PRIMARY KEY (job_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE jobs (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	number DOUBLE NOT NULL,
	created_at BIGINT NOT NULL,
	client_id VARCHAR,
	workflow_id VARCHAR,
	not_before BIGINT,
	attempt INTEGER DEFAULT '0' NOT NULL,
	lost_workers INTEGER DEFAULT '0' NOT NULL,
	worker VARCHAR,
	lease VARCHAR,
	lease_until BIGINT,
	started_at BIGINT,
	finished_at BIGINT,
	error TEXT,
	outputs_count INTEGER DEFAULT '0' NOT NULL,
	previewable_outputs_count INTEGER DEFAULT '0' NOT NULL,
	preview_output TEXT, key_id VARCHAR, deployment_id VARCHAR, webhook VARCHAR, start_before BIGINT,
	CONSTRAINT uq_jobs_id UNIQUE (id),
	CONSTRAINT ck_jobs_state CHECK (state IN ('queued', 'running', 'canceling', 'succeeded', 'failed', 'canceled', 'lost', 'expired')),
	CONSTRAINT ck_jobs_leased CHECK ((state IN ('canceling', 'running')) = (lease IS NOT NULL)),
	CONSTRAINT ck_jobs_lease_ends CHECK ((lease IS NULL) = (lease_until IS NULL))
);

CREATE TABLE node_times (
	tenant VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	class_type VARCHAR NOT NULL,
	whole_ms DOUBLE NOT NULL,
	whole_count INTEGER NOT NULL,
	beside_ms DOUBLE NOT NULL,
	beside_count INTEGER NOT NULL,
	step_ms DOUBLE NOT NULL,
	step_count INTEGER NOT NULL,
	updated_at BIGINT NOT NULL,
	CONSTRAINT pk_node_times PRIMARY KEY (tenant, kind, class_type)
);

CREATE TABLE progress (
	job_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	snapshot BLOB NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT pk_progress PRIMARY KEY (job_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE recipes (
	job_id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	workflow_id VARCHAR NOT NULL,
	recipe TEXT NOT NULL,
	CONSTRAINT pk_recipes PRIMARY KEY (job_id),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE settings (
	tenant VARCHAR NOT NULL,
	user VARCHAR NOT NULL,
	"key" VARCHAR NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT pk_settings PRIMARY KEY (tenant, user, "key")
);

CREATE TABLE usage (
	tenant VARCHAR NOT NULL,
	hour BIGINT NOT NULL,
	worker VARCHAR NOT NULL,
	workflow_id VARCHAR NOT NULL,
	key_id VARCHAR NOT NULL,
	jobs BIGINT NOT NULL,
	succeeded BIGINT NOT NULL,
	attempts BIGINT NOT NULL,
	busy_ms BIGINT NOT NULL,
	last_at BIGINT NOT NULL,
	CONSTRAINT pk_usage PRIMARY KEY (tenant, hour, worker, workflow_id, key_id)
);

CREATE TABLE userdata (
	tenant VARCHAR NOT NULL,
	user VARCHAR NOT NULL,
	path VARCHAR NOT NULL,
	content BLOB NOT NULL,
	created_at BIGINT NOT NULL,
	modified_at BIGINT NOT NULL,
	CONSTRAINT pk_userdata PRIMARY KEY (tenant, user, path)
);

CREATE TABLE webhook_deliveries (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	id VARCHAR NOT NULL,
	job_id VARCHAR,
	batch_id VARCHAR,
	tenant VARCHAR NOT NULL,
	job_state VARCHAR,
	change_id BIGINT,
	at BIGINT NOT NULL,
	url VARCHAR NOT NULL,
	form VARCHAR NOT NULL,
	base VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	status VARCHAR NOT NULL,
	tries INTEGER DEFAULT '0' NOT NULL,
	next_at BIGINT,
	give_up_at BIGINT NOT NULL,
	lease VARCHAR,
	ended_at BIGINT,
	last_status INTEGER,
	last_error VARCHAR,
	body BLOB,
	CONSTRAINT uq_webhook_deliveries_id UNIQUE (id),
	CONSTRAINT fk_webhook_deliveries_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE TABLE webhook_secrets (
	id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	sealed BLOB NOT NULL,
	created_at BIGINT NOT NULL,
	ends_at BIGINT,
	PRIMARY KEY (id)
);

CREATE TABLE webhook_targets (
	tenant VARCHAR NOT NULL,
	target VARCHAR NOT NULL,
	failures INTEGER NOT NULL,
	paused_until BIGINT NOT NULL,
	PRIMARY KEY (tenant, target)
);

CREATE TABLE webhook_tries (
	delivery_seq BIGINT NOT NULL,
	number INTEGER NOT NULL,
	tenant VARCHAR NOT NULL,
	at BIGINT NOT NULL,
	status INTEGER,
	latency_ms INTEGER,
	answer VARCHAR NOT NULL,
	error VARCHAR,
	PRIMARY KEY (delivery_seq, number),
	FOREIGN KEY(delivery_seq) REFERENCES webhook_deliveries (seq) ON DELETE CASCADE
);

CREATE TABLE worker_nodes (
	worker VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	definitions BLOB NOT NULL,
	CONSTRAINT pk_worker_nodes PRIMARY KEY (worker),
	FOREIGN KEY(worker) REFERENCES workers (id) ON DELETE CASCADE
);

CREATE TABLE workers (
	id VARCHAR NOT NULL,
	tenant VARCHAR NOT NULL,
	kind VARCHAR NOT NULL,
	url VARCHAR,
	labels TEXT NOT NULL,
	status VARCHAR NOT NULL,
	detail TEXT,
	registered_at BIGINT NOT NULL,
	last_seen_at BIGINT NOT NULL, home VARCHAR DEFAULT '' NOT NULL, added INTEGER DEFAULT 0 NOT NULL,
	CONSTRAINT pk_workers PRIMARY KEY (id)
);

CREATE TABLE workflow_versions (
	tenant VARCHAR NOT NULL,
	workflow_id VARCHAR NOT NULL,
	version INTEGER NOT NULL,
	digest VARCHAR NOT NULL,
	content BLOB NOT NULL,
	source VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	CONSTRAINT pk_workflow_versions PRIMARY KEY (tenant, workflow_id, version),
	FOREIGN KEY(tenant, workflow_id) REFERENCES workflows (tenant, id) ON DELETE CASCADE
);

CREATE TABLE workflows (
	tenant VARCHAR NOT NULL,
	id VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	tags TEXT NOT NULL,
	version INTEGER NOT NULL,
	source VARCHAR NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	CONSTRAINT pk_workflows PRIMARY KEY (tenant, id)
);

CREATE INDEX ix_jobs_claim ON jobs (number, seq) WHERE state = 'queued';

CREATE INDEX ix_jobs_lease_until ON jobs (lease_until) WHERE state IN ('canceling', 'running');

CREATE INDEX ix_jobs_created ON jobs (tenant, created_at, seq);

CREATE INDEX ix_jobs_state ON jobs (tenant, state, created_at, seq);

CREATE INDEX ix_jobs_workflow ON jobs (tenant, workflow_id, created_at, seq) WHERE workflow_id IS NOT NULL;

CREATE INDEX ix_jobs_finished ON jobs (tenant, finished_at, seq) WHERE finished_at IS NOT NULL;

CREATE INDEX ix_events_order ON events (xid, id);

CREATE INDEX ix_assets_counter ON assets (tenant, root, subfolder, stem, counter);

CREATE INDEX ix_assets_blob ON assets (blob);

CREATE INDEX ix_assets_job_id ON assets (job_id);

CREATE INDEX ix_batch_jobs_batch ON batch_jobs (tenant, batch_id, position);

CREATE TRIGGER jobs_counted_insert AFTER INSERT ON jobs BEGIN INSERT INTO job_counts (tenant, job_state, shard, jobs) VALUES (NEW.tenant, NEW.state, 0, 1) ON CONFLICT (tenant, job_state, shard) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs; END;

CREATE TRIGGER jobs_counted_delete AFTER DELETE ON jobs BEGIN INSERT INTO job_counts (tenant, job_state, shard, jobs) VALUES (OLD.tenant, OLD.state, 0, -1) ON CONFLICT (tenant, job_state, shard) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs; END;

CREATE TRIGGER jobs_counted_update AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN INSERT INTO job_counts (tenant, job_state, shard, jobs) VALUES (OLD.tenant, OLD.state, 0, -1) ON CONFLICT (tenant, job_state, shard) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs; INSERT INTO job_counts (tenant, job_state, shard, jobs) VALUES (NEW.tenant, NEW.state, 0, 1) ON CONFLICT (tenant, job_state, shard) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs; END;

CREATE INDEX ix_assets_age ON assets (root, created_at, id);

CREATE INDEX ix_assets_expires_at ON assets (expires_at) WHERE expires_at IS NOT NULL;

CREATE INDEX ix_job_inputs_asset ON job_inputs (asset_id);

CREATE INDEX ix_idempotency_keys_claimed_at ON idempotency_keys (claimed_at);

CREATE UNIQUE INDEX ix_api_keys_name ON api_keys (tenant, name) WHERE revoked_at IS NULL;

CREATE INDEX ix_usage_hour ON usage (hour);

CREATE INDEX ix_asset_shares_asset ON asset_shares (asset_id);

CREATE INDEX ix_jobs_duration ON jobs (tenant, state, coalesce(finished_at - started_at, 0), seq);

CREATE INDEX ix_jobs_place ON jobs (tenant, number, seq) WHERE state = 'queued';

CREATE INDEX ix_deployments_tenant ON deployments (tenant, created_at, id);

CREATE INDEX ix_jobs_deployment ON jobs (tenant, deployment_id, created_at, seq) WHERE deployment_id IS NOT NULL;

CREATE INDEX ix_jobs_deployment_active ON jobs (deployment_id, state) WHERE deployment_id IS NOT NULL AND state IN ('canceling', 'queued', 'running');

CREATE INDEX ix_instances_deployment ON instances (deployment_id, started_at);

CREATE INDEX ix_instances_ended ON instances (ended_at);

CREATE INDEX ix_webhook_secrets_tenant ON webhook_secrets (tenant);

CREATE INDEX ix_jobs_start_before ON jobs (start_before) WHERE state = 'queued' AND start_before IS NOT NULL;

CREATE INDEX ix_batch_webhooks_ended ON batch_webhooks (ended_at);

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (next_at) WHERE status = 'pending';

CREATE INDEX ix_webhook_deliveries_target ON webhook_deliveries (target) WHERE status = 'pending';

CREATE INDEX ix_webhook_deliveries_job ON webhook_deliveries (job_id, seq);

CREATE INDEX ix_webhook_deliveries_tenant ON webhook_deliveries (tenant, seq);

CREATE INDEX ix_webhook_deliveries_ended ON webhook_deliveries (ended_at);

CREATE UNIQUE INDEX ix_webhook_deliveries_batch ON webhook_deliveries (batch_id) WHERE batch_id IS NOT NULL;

CREATE INDEX ix_webhook_deliveries_undelivered ON webhook_deliveries (tenant, status, seq) WHERE status <> 'delivered';

CREATE INDEX ix_webhook_deliveries_to ON webhook_deliveries (tenant, target, seq);

CREATE INDEX ix_job_tags_tag ON job_tags (tenant, deployment_id, tag, created_at, seq);

CREATE INDEX ix_jobs_deployment_state ON jobs (tenant, deployment_id, state, created_at, seq) WHERE deployment_id IS NOT NULL;

CREATE TRIGGER jobs_state_guard BEFORE UPDATE OF state ON jobs WHEN NOT ((OLD.state = 'canceling' AND NEW.state = 'canceled') OR (OLD.state = 'canceling' AND NEW.state = 'succeeded') OR (OLD.state = 'queued' AND NEW.state = 'canceled') OR (OLD.state = 'queued' AND NEW.state = 'expired') OR (OLD.state = 'queued' AND NEW.state = 'failed') OR (OLD.state = 'queued' AND NEW.state = 'lost') OR (OLD.state = 'queued' AND NEW.state = 'running') OR (OLD.state = 'running' AND NEW.state = 'canceling') OR (OLD.state = 'running' AND NEW.state = 'expired') OR (OLD.state = 'running' AND NEW.state = 'failed') OR (OLD.state = 'running' AND NEW.state = 'lost') OR (OLD.state = 'running' AND NEW.state = 'queued') OR (OLD.state = 'running' AND NEW.state = 'succeeded')) BEGIN SELECT RAISE(ABORT, 'illegal transition'); END;

CREATE INDEX ix_input_fetches_due ON input_fetches (next_at);

INSERT INTO "sqlite_sequence" VALUES('webhook_deliveries',0);
