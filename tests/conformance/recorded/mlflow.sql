CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('dc11669786a5');
CREATE TABLE "experiments" (
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	artifact_location VARCHAR(256), 
	lifecycle_stage VARCHAR(32), 
	creation_time BIGINT, 
	last_update_time BIGINT, 
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL, 
	CONSTRAINT experiment_pk PRIMARY KEY (experiment_id), 
	CONSTRAINT experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
	CONSTRAINT uq_experiments_workspace_name UNIQUE (workspace, name)
);
INSERT INTO "experiments" VALUES(0,'Default','/work/h/clearml/main/mlruns/0','active',1795582271019,1795582271019,'default');
INSERT INTO "experiments" VALUES(1,'PDE/Bench 100%','/work/h/clearml/main/mlruns/1','active',1795582271077,1795582271077,'default');
INSERT INTO "experiments" VALUES(2,'other','/work/h/clearml/main/mlruns/2','active',1795582273715,1795582273715,'default');
CREATE TABLE "latest_metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT, 
	step BIGINT NOT NULL, 
	is_nan BOOLEAN NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT latest_metric_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582271284,1,0,'a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "latest_metrics" VALUES('pde_mean',15.0,1795582271385,1,0,'a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582271632,1,0,'e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "latest_metrics" VALUES('pde_mean',18.09,1795582271693,1,0,'e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582271853,1,0,'64e17e0325d34c1286a136e7944453ee');
INSERT INTO "latest_metrics" VALUES('pde_mean',16.0,1795582271928,1,0,'64e17e0325d34c1286a136e7944453ee');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582272125,1,0,'7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "latest_metrics" VALUES('pde_mean',0.0,1795582272189,1,1,'7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582272353,1,0,'f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "latest_metrics" VALUES('pde_mean',1.79769313486231562234e+308,1795582272413,1,0,'f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582272601,1,0,'4448856600ce459da5eaa63b7312dc87');
INSERT INTO "latest_metrics" VALUES('pde_mean',-1.79769313486231562234e+308,1795582272665,1,0,'4448856600ce459da5eaa63b7312dc87');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582272836,1,0,'fa4847dc63f64817a39da2165f684790');
INSERT INTO "latest_metrics" VALUES('pde_mean',0.0,1795582272905,1,0,'fa4847dc63f64817a39da2165f684790');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582273087,1,0,'f97a70791a0e45c78cfea9a0f56cf726');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582273245,1,0,'df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "latest_metrics" VALUES('pde_mean',3.0,1795582273269,0,0,'df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582273425,1,0,'a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "latest_metrics" VALUES('pde_mean',3.0,1795582273449,0,0,'a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795582273593,1,0,'c801b84f2faa4dbb9032573398fb1d2b');
INSERT INTO "latest_metrics" VALUES('pde_mean',3.0,1795582273617,0,0,'c801b84f2faa4dbb9032573398fb1d2b');
CREATE TABLE "metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	step BIGINT DEFAULT '0' NOT NULL, 
	is_nan BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582271284,'a2877f90ae8345b481e7afea8fc635bc',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795582271337,'a2877f90ae8345b481e7afea8fc635bc',0,0);
INSERT INTO "metrics" VALUES('pde_mean',15.0,1795582271385,'a2877f90ae8345b481e7afea8fc635bc',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582271632,'e17b192ed9d24507b95769baedc3cdff',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795582271665,'e17b192ed9d24507b95769baedc3cdff',0,0);
INSERT INTO "metrics" VALUES('pde_mean',18.09,1795582271693,'e17b192ed9d24507b95769baedc3cdff',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582271853,'64e17e0325d34c1286a136e7944453ee',1,0);
INSERT INTO "metrics" VALUES('pde_mean',2.0,1795582271893,'64e17e0325d34c1286a136e7944453ee',0,0);
INSERT INTO "metrics" VALUES('pde_mean',16.0,1795582271928,'64e17e0325d34c1286a136e7944453ee',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582272125,'7deb5ea5ea444f14ac4dcc1e0ece4d57',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795582272155,'7deb5ea5ea444f14ac4dcc1e0ece4d57',0,0);
INSERT INTO "metrics" VALUES('pde_mean',0.0,1795582272189,'7deb5ea5ea444f14ac4dcc1e0ece4d57',1,1);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582272353,'f7702e4357d74fb585c9024ec542eee0',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795582272389,'f7702e4357d74fb585c9024ec542eee0',0,0);
INSERT INTO "metrics" VALUES('pde_mean',1.79769313486231562234e+308,1795582272413,'f7702e4357d74fb585c9024ec542eee0',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582272601,'4448856600ce459da5eaa63b7312dc87',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795582272633,'4448856600ce459da5eaa63b7312dc87',0,0);
INSERT INTO "metrics" VALUES('pde_mean',-1.79769313486231562234e+308,1795582272665,'4448856600ce459da5eaa63b7312dc87',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582272836,'fa4847dc63f64817a39da2165f684790',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795582272881,'fa4847dc63f64817a39da2165f684790',0,0);
INSERT INTO "metrics" VALUES('pde_mean',0.0,1795582272905,'fa4847dc63f64817a39da2165f684790',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582273087,'f97a70791a0e45c78cfea9a0f56cf726',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582273245,'df639d1f3cf24681b3f33f651b47c9c2',1,0);
INSERT INTO "metrics" VALUES('pde_mean',3.0,1795582273269,'df639d1f3cf24681b3f33f651b47c9c2',0,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582273425,'a8ddbfc47f894c459570f4cdc2b06c24',1,0);
INSERT INTO "metrics" VALUES('pde_mean',3.0,1795582273449,'a8ddbfc47f894c459570f4cdc2b06c24',0,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795582273593,'c801b84f2faa4dbb9032573398fb1d2b',1,0);
INSERT INTO "metrics" VALUES('pde_mean',3.0,1795582273617,'c801b84f2faa4dbb9032573398fb1d2b',0,0);
CREATE TABLE "params" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000) NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO "params" VALUES('seed','1','a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "params" VALUES('lr','0.1','a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "params" VALUES('seed','1','e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "params" VALUES('lr','0.1','e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "params" VALUES('seed','1','64e17e0325d34c1286a136e7944453ee');
INSERT INTO "params" VALUES('lr','0.1','64e17e0325d34c1286a136e7944453ee');
INSERT INTO "params" VALUES('seed','1','7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "params" VALUES('lr','0.1','7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "params" VALUES('seed','1','f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "params" VALUES('lr','0.1','f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "params" VALUES('seed','1','4448856600ce459da5eaa63b7312dc87');
INSERT INTO "params" VALUES('lr','0.1','4448856600ce459da5eaa63b7312dc87');
INSERT INTO "params" VALUES('seed','1','fa4847dc63f64817a39da2165f684790');
INSERT INTO "params" VALUES('lr','0.1','fa4847dc63f64817a39da2165f684790');
INSERT INTO "params" VALUES('seed','1','f97a70791a0e45c78cfea9a0f56cf726');
INSERT INTO "params" VALUES('lr','0.1','f97a70791a0e45c78cfea9a0f56cf726');
INSERT INTO "params" VALUES('seed','1','df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "params" VALUES('lr','0.1','df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "params" VALUES('seed','1','a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "params" VALUES('lr','0.1','a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "params" VALUES('seed','1','c801b84f2faa4dbb9032573398fb1d2b');
INSERT INTO "params" VALUES('lr','0.1','c801b84f2faa4dbb9032573398fb1d2b');
CREATE TABLE "runs" (
	run_uuid VARCHAR(32) NOT NULL, 
	name VARCHAR(250), 
	source_type VARCHAR(20), 
	source_name VARCHAR(500), 
	entry_point_name VARCHAR(50), 
	user_id VARCHAR(256), 
	status VARCHAR(9), 
	start_time BIGINT, 
	end_time BIGINT, 
	source_version VARCHAR(50), 
	lifecycle_stage VARCHAR(20), 
	artifact_uri VARCHAR(200), 
	experiment_id INTEGER, deleted_time BIGINT, 
	CONSTRAINT run_pk PRIMARY KEY (run_uuid), 
	CONSTRAINT runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
	CONSTRAINT source_type CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id), 
	CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED'))
);
INSERT INTO "runs" VALUES('a2877f90ae8345b481e7afea8fc635bc','plain','UNKNOWN','','','unknown','FINISHED',1795582271118,1795582271439,'','active','/work/h/clearml/main/mlruns/1/a2877f90ae8345b481e7afea8fc635bc/artifacts',1,NULL);
INSERT INTO "runs" VALUES('e17b192ed9d24507b95769baedc3cdff','edge','UNKNOWN','','','unknown','FINISHED',1795582271497,1795582271732,'','active','/work/h/clearml/main/mlruns/1/e17b192ed9d24507b95769baedc3cdff/artifacts',1,NULL);
INSERT INTO "runs" VALUES('64e17e0325d34c1286a136e7944453ee','rising','UNKNOWN','','','unknown','FINISHED',1795582271769,1795582271965,'','active','/work/h/clearml/main/mlruns/1/64e17e0325d34c1286a136e7944453ee/artifacts',1,NULL);
INSERT INTO "runs" VALUES('7deb5ea5ea444f14ac4dcc1e0ece4d57','nan','UNKNOWN','','','unknown','FINISHED',1795582271992,1795582272213,'','active','/work/h/clearml/main/mlruns/1/7deb5ea5ea444f14ac4dcc1e0ece4d57/artifacts',1,NULL);
INSERT INTO "runs" VALUES('f7702e4357d74fb585c9024ec542eee0','inf','UNKNOWN','','','unknown','FINISHED',1795582272249,1795582272453,'','active','/work/h/clearml/main/mlruns/1/f7702e4357d74fb585c9024ec542eee0/artifacts',1,NULL);
INSERT INTO "runs" VALUES('4448856600ce459da5eaa63b7312dc87','ninf','UNKNOWN','','','unknown','FINISHED',1795582272485,1795582272698,'','active','/work/h/clearml/main/mlruns/1/4448856600ce459da5eaa63b7312dc87/artifacts',1,NULL);
INSERT INTO "runs" VALUES('fa4847dc63f64817a39da2165f684790','zero','UNKNOWN','','','unknown','FINISHED',1795582272731,1795582272945,'','active','/work/h/clearml/main/mlruns/1/fa4847dc63f64817a39da2165f684790/artifacts',1,NULL);
INSERT INTO "runs" VALUES('f97a70791a0e45c78cfea9a0f56cf726','missing','UNKNOWN','','','unknown','FINISHED',1795582272977,1795582273121,'','active','/work/h/clearml/main/mlruns/1/f97a70791a0e45c78cfea9a0f56cf726/artifacts',1,NULL);
INSERT INTO "runs" VALUES('df639d1f3cf24681b3f33f651b47c9c2','failed','UNKNOWN','','','unknown','FAILED',1795582273141,1795582273301,'','active','/work/h/clearml/main/mlruns/1/df639d1f3cf24681b3f33f651b47c9c2/artifacts',1,NULL);
INSERT INTO "runs" VALUES('a8ddbfc47f894c459570f4cdc2b06c24','killed','UNKNOWN','','','unknown','KILLED',1795582273325,1795582273475,'','active','/work/h/clearml/main/mlruns/1/a8ddbfc47f894c459570f4cdc2b06c24/artifacts',1,NULL);
INSERT INTO "runs" VALUES('c801b84f2faa4dbb9032573398fb1d2b','running','UNKNOWN','','','unknown','RUNNING',1795582273513,NULL,'','active','/work/h/clearml/main/mlruns/1/c801b84f2faa4dbb9032573398fb1d2b/artifacts',1,NULL);
INSERT INTO "runs" VALUES('80460166420e432ea9df7489f8c9630a','deleted','UNKNOWN','','','unknown','RUNNING',1795582273649,NULL,'','deleted','/work/h/clearml/main/mlruns/1/80460166420e432ea9df7489f8c9630a/artifacts',1,1795582273691);
INSERT INTO "runs" VALUES('cdc75a9a2bc142ee94d5a0ed8c7ae515','nested','UNKNOWN','','','unknown','FINISHED',1795582273733,1795582273777,'','active','/work/h/clearml/main/mlruns/2/cdc75a9a2bc142ee94d5a0ed8c7ae515/artifacts',2,NULL);
CREATE TABLE "tags" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000), 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "tags" VALUES('submission','','a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "tags" VALUES('team','x','a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "tags" VALUES('mlflow.runName','plain','a2877f90ae8345b481e7afea8fc635bc');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "tags" VALUES('submission','','e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "tags" VALUES('team','x','e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "tags" VALUES('mlflow.runName','edge','e17b192ed9d24507b95769baedc3cdff');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','64e17e0325d34c1286a136e7944453ee');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','64e17e0325d34c1286a136e7944453ee');
INSERT INTO "tags" VALUES('submission','','64e17e0325d34c1286a136e7944453ee');
INSERT INTO "tags" VALUES('team','x','64e17e0325d34c1286a136e7944453ee');
INSERT INTO "tags" VALUES('mlflow.runName','rising','64e17e0325d34c1286a136e7944453ee');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "tags" VALUES('submission','','7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "tags" VALUES('team','x','7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "tags" VALUES('mlflow.runName','nan','7deb5ea5ea444f14ac4dcc1e0ece4d57');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "tags" VALUES('submission','','f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "tags" VALUES('team','x','f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "tags" VALUES('mlflow.runName','inf','f7702e4357d74fb585c9024ec542eee0');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','4448856600ce459da5eaa63b7312dc87');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','4448856600ce459da5eaa63b7312dc87');
INSERT INTO "tags" VALUES('submission','','4448856600ce459da5eaa63b7312dc87');
INSERT INTO "tags" VALUES('team','x','4448856600ce459da5eaa63b7312dc87');
INSERT INTO "tags" VALUES('mlflow.runName','ninf','4448856600ce459da5eaa63b7312dc87');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','fa4847dc63f64817a39da2165f684790');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','fa4847dc63f64817a39da2165f684790');
INSERT INTO "tags" VALUES('submission','','fa4847dc63f64817a39da2165f684790');
INSERT INTO "tags" VALUES('team','x','fa4847dc63f64817a39da2165f684790');
INSERT INTO "tags" VALUES('mlflow.runName','zero','fa4847dc63f64817a39da2165f684790');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','f97a70791a0e45c78cfea9a0f56cf726');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','f97a70791a0e45c78cfea9a0f56cf726');
INSERT INTO "tags" VALUES('submission','','f97a70791a0e45c78cfea9a0f56cf726');
INSERT INTO "tags" VALUES('team','x','f97a70791a0e45c78cfea9a0f56cf726');
INSERT INTO "tags" VALUES('mlflow.runName','missing','f97a70791a0e45c78cfea9a0f56cf726');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "tags" VALUES('submission','','df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "tags" VALUES('team','x','df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "tags" VALUES('mlflow.runName','failed','df639d1f3cf24681b3f33f651b47c9c2');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "tags" VALUES('submission','','a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "tags" VALUES('team','x','a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "tags" VALUES('mlflow.runName','killed','a8ddbfc47f894c459570f4cdc2b06c24');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','c801b84f2faa4dbb9032573398fb1d2b');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','c801b84f2faa4dbb9032573398fb1d2b');
INSERT INTO "tags" VALUES('submission','','c801b84f2faa4dbb9032573398fb1d2b');
INSERT INTO "tags" VALUES('team','x','c801b84f2faa4dbb9032573398fb1d2b');
INSERT INTO "tags" VALUES('mlflow.runName','running','c801b84f2faa4dbb9032573398fb1d2b');
INSERT INTO "tags" VALUES('mlflow.runName','deleted','80460166420e432ea9df7489f8c9630a');
INSERT INTO "tags" VALUES('mlflow.parentRunId','c801b84f2faa4dbb9032573398fb1d2b','cdc75a9a2bc142ee94d5a0ed8c7ae515');
INSERT INTO "tags" VALUES('mlflow.runName','nested','cdc75a9a2bc142ee94d5a0ed8c7ae515');
