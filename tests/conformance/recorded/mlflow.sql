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
INSERT INTO "experiments" VALUES(0,'Default','/runs/mlruns/0','active',1795580003318,1795580003318,'default');
INSERT INTO "experiments" VALUES(1,'PDE/Bench 100%','/runs/mlruns/1','active',1795580003344,1795580003344,'default');
INSERT INTO "experiments" VALUES(2,'other','/runs/mlruns/2','active',1795580005885,1795580005885,'default');
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
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580003555,1,0,'cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "latest_metrics" VALUES('pde_mean',15.0,1795580003631,1,0,'cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580003793,1,0,'8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "latest_metrics" VALUES('pde_mean',18.09,1795580003845,1,0,'8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580004009,1,0,'a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "latest_metrics" VALUES('pde_mean',16.0,1795580004065,1,0,'a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580004269,1,0,'e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "latest_metrics" VALUES('pde_mean',0.0,1795580004314,1,1,'e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580004465,1,0,'65f00b25dd5649b98963ccadf33be558');
INSERT INTO "latest_metrics" VALUES('pde_mean',1.79769313486231562234e+308,1795580004541,1,0,'65f00b25dd5649b98963ccadf33be558');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580004745,1,0,'63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "latest_metrics" VALUES('pde_mean',-1.79769313486231562234e+308,1795580004821,1,0,'63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580004994,1,0,'84273fa1aa554b89829af74130cacc08');
INSERT INTO "latest_metrics" VALUES('pde_mean',0.0,1795580005053,1,0,'84273fa1aa554b89829af74130cacc08');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580005265,1,0,'0e3cd393fb324594a629e30c4c1edc6d');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580005461,1,0,'977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "latest_metrics" VALUES('pde_mean',3.0,1795580005493,0,0,'977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580005578,1,0,'649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "latest_metrics" VALUES('pde_mean',3.0,1795580005586,0,0,'649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "latest_metrics" VALUES('seg_total',50.0,1795580005753,1,0,'fb147d636b9c41b9aef89301995de0f6');
INSERT INTO "latest_metrics" VALUES('pde_mean',3.0,1795580005785,0,0,'fb147d636b9c41b9aef89301995de0f6');
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
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580003555,'cf73a617e2e94baf84dad5877bfbc9fc',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795580003601,'cf73a617e2e94baf84dad5877bfbc9fc',0,0);
INSERT INTO "metrics" VALUES('pde_mean',15.0,1795580003631,'cf73a617e2e94baf84dad5877bfbc9fc',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580003793,'8726fde23f8d417a857ad8cc0a270975',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795580003824,'8726fde23f8d417a857ad8cc0a270975',0,0);
INSERT INTO "metrics" VALUES('pde_mean',18.09,1795580003845,'8726fde23f8d417a857ad8cc0a270975',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580004009,'a5c1bc7a54e948538fbeca5845013f46',1,0);
INSERT INTO "metrics" VALUES('pde_mean',2.0,1795580004042,'a5c1bc7a54e948538fbeca5845013f46',0,0);
INSERT INTO "metrics" VALUES('pde_mean',16.0,1795580004065,'a5c1bc7a54e948538fbeca5845013f46',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580004269,'e161acdfc6ec4aecb2269ba07ccadfef',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795580004293,'e161acdfc6ec4aecb2269ba07ccadfef',0,0);
INSERT INTO "metrics" VALUES('pde_mean',0.0,1795580004314,'e161acdfc6ec4aecb2269ba07ccadfef',1,1);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580004465,'65f00b25dd5649b98963ccadf33be558',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795580004501,'65f00b25dd5649b98963ccadf33be558',0,0);
INSERT INTO "metrics" VALUES('pde_mean',1.79769313486231562234e+308,1795580004541,'65f00b25dd5649b98963ccadf33be558',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580004745,'63f9e203f7c44e07826d4c6ef1f11d4a',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795580004785,'63f9e203f7c44e07826d4c6ef1f11d4a',0,0);
INSERT INTO "metrics" VALUES('pde_mean',-1.79769313486231562234e+308,1795580004821,'63f9e203f7c44e07826d4c6ef1f11d4a',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580004994,'84273fa1aa554b89829af74130cacc08',1,0);
INSERT INTO "metrics" VALUES('pde_mean',30.0,1795580005021,'84273fa1aa554b89829af74130cacc08',0,0);
INSERT INTO "metrics" VALUES('pde_mean',0.0,1795580005053,'84273fa1aa554b89829af74130cacc08',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580005265,'0e3cd393fb324594a629e30c4c1edc6d',1,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580005461,'977b220fb6c6461ba1395d597cdfff13',1,0);
INSERT INTO "metrics" VALUES('pde_mean',3.0,1795580005493,'977b220fb6c6461ba1395d597cdfff13',0,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580005578,'649fc7a63fca4349a4db0810c02e02fc',1,0);
INSERT INTO "metrics" VALUES('pde_mean',3.0,1795580005586,'649fc7a63fca4349a4db0810c02e02fc',0,0);
INSERT INTO "metrics" VALUES('seg_total',50.0,1795580005753,'fb147d636b9c41b9aef89301995de0f6',1,0);
INSERT INTO "metrics" VALUES('pde_mean',3.0,1795580005785,'fb147d636b9c41b9aef89301995de0f6',0,0);
CREATE TABLE "params" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000) NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO "params" VALUES('seed','1','cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "params" VALUES('lr','0.1','cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "params" VALUES('seed','1','8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "params" VALUES('lr','0.1','8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "params" VALUES('seed','1','a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "params" VALUES('lr','0.1','a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "params" VALUES('seed','1','e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "params" VALUES('lr','0.1','e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "params" VALUES('seed','1','65f00b25dd5649b98963ccadf33be558');
INSERT INTO "params" VALUES('lr','0.1','65f00b25dd5649b98963ccadf33be558');
INSERT INTO "params" VALUES('seed','1','63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "params" VALUES('lr','0.1','63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "params" VALUES('seed','1','84273fa1aa554b89829af74130cacc08');
INSERT INTO "params" VALUES('lr','0.1','84273fa1aa554b89829af74130cacc08');
INSERT INTO "params" VALUES('seed','1','0e3cd393fb324594a629e30c4c1edc6d');
INSERT INTO "params" VALUES('lr','0.1','0e3cd393fb324594a629e30c4c1edc6d');
INSERT INTO "params" VALUES('seed','1','977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "params" VALUES('lr','0.1','977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "params" VALUES('seed','1','649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "params" VALUES('lr','0.1','649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "params" VALUES('seed','1','fb147d636b9c41b9aef89301995de0f6');
INSERT INTO "params" VALUES('lr','0.1','fb147d636b9c41b9aef89301995de0f6');
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
	CONSTRAINT source_type CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')), 
	CONSTRAINT runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id), 
	CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED'))
);
INSERT INTO "runs" VALUES('cf73a617e2e94baf84dad5877bfbc9fc','plain','UNKNOWN','','','unknown','FINISHED',1795580003382,1795580003677,'','active','/runs/mlruns/1/cf73a617e2e94baf84dad5877bfbc9fc/artifacts',1,NULL);
INSERT INTO "runs" VALUES('8726fde23f8d417a857ad8cc0a270975','edge','UNKNOWN','','','unknown','FINISHED',1795580003712,1795580003867,'','active','/runs/mlruns/1/8726fde23f8d417a857ad8cc0a270975/artifacts',1,NULL);
INSERT INTO "runs" VALUES('a5c1bc7a54e948538fbeca5845013f46','rising','UNKNOWN','','','unknown','FINISHED',1795580003901,1795580004105,'','active','/runs/mlruns/1/a5c1bc7a54e948538fbeca5845013f46/artifacts',1,NULL);
INSERT INTO "runs" VALUES('e161acdfc6ec4aecb2269ba07ccadfef','nan','UNKNOWN','','','unknown','FINISHED',1795580004130,1795580004349,'','active','/runs/mlruns/1/e161acdfc6ec4aecb2269ba07ccadfef/artifacts',1,NULL);
INSERT INTO "runs" VALUES('65f00b25dd5649b98963ccadf33be558','inf','UNKNOWN','','','unknown','FINISHED',1795580004364,1795580004573,'','active','/runs/mlruns/1/65f00b25dd5649b98963ccadf33be558/artifacts',1,NULL);
INSERT INTO "runs" VALUES('63f9e203f7c44e07826d4c6ef1f11d4a','ninf','UNKNOWN','','','unknown','FINISHED',1795580004613,1795580004861,'','active','/runs/mlruns/1/63f9e203f7c44e07826d4c6ef1f11d4a/artifacts',1,NULL);
INSERT INTO "runs" VALUES('84273fa1aa554b89829af74130cacc08','zero','UNKNOWN','','','unknown','FINISHED',1795580004887,1795580005094,'','active','/runs/mlruns/1/84273fa1aa554b89829af74130cacc08/artifacts',1,NULL);
INSERT INTO "runs" VALUES('0e3cd393fb324594a629e30c4c1edc6d','missing','UNKNOWN','','','unknown','FINISHED',1795580005141,1795580005305,'','active','/runs/mlruns/1/0e3cd393fb324594a629e30c4c1edc6d/artifacts',1,NULL);
INSERT INTO "runs" VALUES('977b220fb6c6461ba1395d597cdfff13','failed','UNKNOWN','','','unknown','FAILED',1795580005341,1795580005521,'','active','/runs/mlruns/1/977b220fb6c6461ba1395d597cdfff13/artifacts',1,NULL);
INSERT INTO "runs" VALUES('649fc7a63fca4349a4db0810c02e02fc','killed','UNKNOWN','','','unknown','KILLED',1795580005537,1795580005617,'','active','/runs/mlruns/1/649fc7a63fca4349a4db0810c02e02fc/artifacts',1,NULL);
INSERT INTO "runs" VALUES('fb147d636b9c41b9aef89301995de0f6','running','UNKNOWN','','','unknown','RUNNING',1795580005645,NULL,'','active','/runs/mlruns/1/fb147d636b9c41b9aef89301995de0f6/artifacts',1,NULL);
INSERT INTO "runs" VALUES('693826e84d994b3e98fa4b5543f592bc','deleted','UNKNOWN','','','unknown','RUNNING',1795580005809,NULL,'','deleted','/runs/mlruns/1/693826e84d994b3e98fa4b5543f592bc/artifacts',1,1795580005851);
INSERT INTO "runs" VALUES('176b207ce226462c903a28f353dca848','nested','UNKNOWN','','','unknown','FINISHED',1795580005917,1795580005961,'','active','/runs/mlruns/2/176b207ce226462c903a28f353dca848/artifacts',2,NULL);
CREATE TABLE "tags" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000), 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "tags" VALUES('submission','','cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "tags" VALUES('team','x','cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "tags" VALUES('mlflow.runName','plain','cf73a617e2e94baf84dad5877bfbc9fc');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "tags" VALUES('submission','','8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "tags" VALUES('team','x','8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "tags" VALUES('mlflow.runName','edge','8726fde23f8d417a857ad8cc0a270975');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "tags" VALUES('submission','','a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "tags" VALUES('team','x','a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "tags" VALUES('mlflow.runName','rising','a5c1bc7a54e948538fbeca5845013f46');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "tags" VALUES('submission','','e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "tags" VALUES('team','x','e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "tags" VALUES('mlflow.runName','nan','e161acdfc6ec4aecb2269ba07ccadfef');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','65f00b25dd5649b98963ccadf33be558');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','65f00b25dd5649b98963ccadf33be558');
INSERT INTO "tags" VALUES('submission','','65f00b25dd5649b98963ccadf33be558');
INSERT INTO "tags" VALUES('team','x','65f00b25dd5649b98963ccadf33be558');
INSERT INTO "tags" VALUES('mlflow.runName','inf','65f00b25dd5649b98963ccadf33be558');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "tags" VALUES('submission','','63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "tags" VALUES('team','x','63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "tags" VALUES('mlflow.runName','ninf','63f9e203f7c44e07826d4c6ef1f11d4a');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','84273fa1aa554b89829af74130cacc08');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','84273fa1aa554b89829af74130cacc08');
INSERT INTO "tags" VALUES('submission','','84273fa1aa554b89829af74130cacc08');
INSERT INTO "tags" VALUES('team','x','84273fa1aa554b89829af74130cacc08');
INSERT INTO "tags" VALUES('mlflow.runName','zero','84273fa1aa554b89829af74130cacc08');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','0e3cd393fb324594a629e30c4c1edc6d');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','0e3cd393fb324594a629e30c4c1edc6d');
INSERT INTO "tags" VALUES('submission','','0e3cd393fb324594a629e30c4c1edc6d');
INSERT INTO "tags" VALUES('team','x','0e3cd393fb324594a629e30c4c1edc6d');
INSERT INTO "tags" VALUES('mlflow.runName','missing','0e3cd393fb324594a629e30c4c1edc6d');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "tags" VALUES('submission','','977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "tags" VALUES('team','x','977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "tags" VALUES('mlflow.runName','failed','977b220fb6c6461ba1395d597cdfff13');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "tags" VALUES('submission','','649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "tags" VALUES('team','x','649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "tags" VALUES('mlflow.runName','killed','649fc7a63fca4349a4db0810c02e02fc');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','fb147d636b9c41b9aef89301995de0f6');
INSERT INTO "tags" VALUES('mlflow.source.git.branch','main','fb147d636b9c41b9aef89301995de0f6');
INSERT INTO "tags" VALUES('submission','','fb147d636b9c41b9aef89301995de0f6');
INSERT INTO "tags" VALUES('team','x','fb147d636b9c41b9aef89301995de0f6');
INSERT INTO "tags" VALUES('mlflow.runName','running','fb147d636b9c41b9aef89301995de0f6');
INSERT INTO "tags" VALUES('mlflow.runName','deleted','693826e84d994b3e98fa4b5543f592bc');
INSERT INTO "tags" VALUES('mlflow.parentRunId','fb147d636b9c41b9aef89301995de0f6','176b207ce226462c903a28f353dca848');
INSERT INTO "tags" VALUES('mlflow.runName','nested','176b207ce226462c903a28f353dca848');
