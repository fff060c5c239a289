package guardtest

import (
	"fmt"
	"strings"
)

// common is what production has, smaller and without its durability against a crash of the machine.
const common = `[mysqld]
bind_address=127.0.0.1
mysqlx=OFF
skip_name_resolve=ON
require_secure_transport=ON
secure_file_priv=NULL
create_admin_listener_thread=ON
max_connections=60
event_scheduler=OFF
gtid_mode=ON
enforce_gtid_consistency=ON
log_bin=binlog
relay_log=relay
relay_log_recovery=OFF
sync_relay_log=0
sync_binlog=0
innodb_flush_log_at_trx_commit=2
innodb_flush_method=nosync
innodb_doublewrite=OFF
skip_replica_start=ON
replica_net_timeout=3
innodb_buffer_pool_size=32M
innodb_redo_log_capacity=16M
table_open_cache=400
table_definition_cache=400
performance_schema_error_size=0
performance_schema_digests_size=200
performance_schema_accounts_size=0
performance_schema_users_size=0
performance_schema_hosts_size=0
plugin_load_add=mysql_clone.so
`

const semiSync = `plugin_load_add=semisync_source.so
plugin_load_add=semisync_replica.so
loose_rpl_semi_sync_source_enabled=OFF
loose_rpl_semi_sync_source_wait_point=AFTER_SYNC
loose_rpl_semi_sync_source_timeout=4294967295
loose_rpl_semi_sync_source_wait_for_replica_count=1
loose_rpl_semi_sync_source_wait_no_replica=ON
loose_rpl_semi_sync_replica_enabled=OFF
`

const group = `plugin_load_add=group_replication.so
loose_group_replication_group_name=6f2f9a5e-6b1d-4c57-9f7b-0d2b5f4f9f11
loose_group_replication_start_on_boot=OFF
loose_group_replication_single_primary_mode=ON
loose_group_replication_consistency=BEFORE_ON_PRIMARY_FAILOVER
loose_group_replication_member_expel_timeout=0
loose_group_replication_paxos_single_leader=ON
loose_group_replication_unreachable_majority_timeout=3
loose_group_replication_exit_state_action=READ_ONLY
loose_group_replication_autorejoin_tries=3
loose_group_replication_ssl_mode=VERIFY_IDENTITY
loose_group_replication_recovery_use_ssl=ON
loose_group_replication_recovery_ssl_verify_server_cert=ON
loose_group_replication_message_cache_size=134217728
loose_group_replication_ip_allowlist=0.0.0.0/0,::/0
`

// configuration is a member's my.cnf.
func configuration(mode string, port, admin int) string {
	var text strings.Builder
	text.WriteString(common)
	fmt.Fprintf(&text, "port=%d\nadmin_port=%d\n", port, admin)
	if mode == "group" {
		text.WriteString(group)
	} else {
		text.WriteString(semiSync)
	}
	return text.String()
}
