CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'PDE/Bench 100%');
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_system_attributes" VALUES(1,1,'study:metric_names','["pde_mean"]');
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,0,30.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,1,15.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,2,0,30.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,2,1,18.09,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,3,0,2.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,3,1,16.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,4,0,30.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,4,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(9,5,0,30.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,5,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(11,6,0,30.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,6,1,NULL,'INF_NEG');
INSERT INTO "trial_intermediate_values" VALUES(13,7,0,30.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,7,1,0.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,9,0,3.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,10,0,3.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,11,0,3.0,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(2,1,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(3,2,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(4,2,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(5,3,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(6,3,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(7,4,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(8,4,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(9,5,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(10,5,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(11,6,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(12,6,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(13,7,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(14,7,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(15,8,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(16,8,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(17,9,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(18,9,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(19,10,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(20,10,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
INSERT INTO "trial_params" VALUES(21,11,'seed',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["1"]}}');
INSERT INTO "trial_params" VALUES(22,11,'lr',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["0.1"]}}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(2,1,'name','"plain"');
INSERT INTO "trial_user_attributes" VALUES(3,1,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(4,2,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(5,2,'name','"edge"');
INSERT INTO "trial_user_attributes" VALUES(6,2,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(7,3,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(8,3,'name','"rising"');
INSERT INTO "trial_user_attributes" VALUES(9,3,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(10,4,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(11,4,'name','"nan"');
INSERT INTO "trial_user_attributes" VALUES(12,4,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(13,5,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(14,5,'name','"inf"');
INSERT INTO "trial_user_attributes" VALUES(15,5,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(16,6,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(17,6,'name','"ninf"');
INSERT INTO "trial_user_attributes" VALUES(18,6,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(19,7,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(20,7,'name','"zero"');
INSERT INTO "trial_user_attributes" VALUES(21,7,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(22,8,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(23,8,'name','"missing"');
INSERT INTO "trial_user_attributes" VALUES(24,8,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(25,9,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(26,9,'name','"failed"');
INSERT INTO "trial_user_attributes" VALUES(27,9,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(28,10,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(29,10,'name','"killed"');
INSERT INTO "trial_user_attributes" VALUES(30,10,'seg_total','50.0');
INSERT INTO "trial_user_attributes" VALUES(31,11,'commit','"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"');
INSERT INTO "trial_user_attributes" VALUES(32,11,'name','"running"');
INSERT INTO "trial_user_attributes" VALUES(33,11,'seg_total','50.0');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,15.0,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,18.09,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,16.0,'FINITE');
INSERT INTO "trial_values" VALUES(4,5,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(5,6,0,NULL,'INF_NEG');
INSERT INTO "trial_values" VALUES(6,7,0,0.0,'FINITE');
INSERT INTO "trial_values" VALUES(7,10,0,3.0,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-25 04:52:03.012274','2026-11-25 04:52:03.153731');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-25 04:52:03.267809','2026-11-25 04:52:03.575145');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-11-25 04:52:03.666360','2026-11-25 04:52:04.195543');
INSERT INTO "trials" VALUES(4,3,1,'FAIL','2026-11-25 04:52:04.262680','2026-11-25 04:52:04.651163');
INSERT INTO "trials" VALUES(5,4,1,'COMPLETE','2026-11-25 04:52:04.775381','2026-11-25 04:52:05.216225');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-11-25 04:52:05.308195','2026-11-25 04:52:05.718641');
INSERT INTO "trials" VALUES(7,6,1,'COMPLETE','2026-11-25 04:52:05.771368','2026-11-25 04:52:06.023677');
INSERT INTO "trials" VALUES(8,7,1,'FAIL','2026-11-25 04:52:06.128251','2026-11-25 04:52:06.330741');
INSERT INTO "trials" VALUES(9,8,1,'FAIL','2026-11-25 04:52:06.365764','2026-11-25 04:52:06.463731');
INSERT INTO "trials" VALUES(10,9,1,'PRUNED','2026-11-25 04:52:06.582883','2026-11-25 04:52:06.731564');
INSERT INTO "trials" VALUES(11,10,1,'RUNNING','2026-11-25 04:52:06.741154',NULL);
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
