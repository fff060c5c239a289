package guard

import (
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"twinstack.dev/services/internal/env"
	"twinstack.dev/services/internal/mysql"
)

// ModeGroup is the replication mode in which members vote on their primary.
const ModeGroup = "group"

// Settings are what the guard is told by its environment, validated.
type Settings struct {
	Region, Member, Mode string
	ServerID             int
	PodIP                string
	ReportPort           int
	GroupPort            int
	GroupWeight          int
	GroupSeeds           []string
	DataDirectory        string
	ConfigFile           string
	SocketFile           string
	TrustDirectory       string
	AccountsDirectory    string
	ListenAddress        string
	Clients              []string
	Stop                 time.Duration
	LogLevel             slog.Level
	// Command is mysqld and arguments of its own, which win over those of the guard.
	Command []string
}

// Load reads the settings through lookup. The error, if any, is an *env.Error with every problem.
func Load(lookup func(string) (string, bool)) (Settings, error) {
	r := env.NewReader(lookup)
	s := read(r)
	if own := s.groupAddress(); s.Mode == ModeGroup && !slices.Contains(s.GroupSeeds, own) {
		r.Refuse("GROUP_SEEDS", strings.Join(s.GroupSeeds, ","), "a list with this member's own address, MEMBER and GROUP_PORT", own)
	}
	return s, r.Err()
}

func (s Settings) groupAddress() string { return net.JoinHostPort(s.Member, strconv.Itoa(s.GroupPort)) }

// Variables documents every setting.
func Variables() []env.Variable { return env.Document(read) }

func read(r *env.Reader) Settings {
	var s Settings
	s.Region = r.Label("REGION", "local", "the region, for logs")
	s.Member = r.Label("MEMBER", "database-"+s.Region+"-0", "the member's name: in its certificate, and as others reach it")
	s.Mode = r.OneOf("DATABASE_MODE", "semi-sync", []string{"async", "semi-sync", ModeGroup}, "how members replicate")
	s.ServerID = r.Int("SERVER_ID", 1, 1, 1<<31-1, "mysqld's server_id; another one for each member")
	s.PodIP = r.IP("POD_IP", "127.0.0.1", "where mysqld's administration port listens")
	s.ReportPort = r.Int("REPORT_PORT", 30306, 1, 65535, "the port by which other members reach this mysqld")
	s.readGroup(r)
	s.DataDirectory = r.Path("DATA_DIRECTORY", "/var/lib/mysql/data", "mysqld's data; made if empty; the folder beside it, `discarded`, is the guard's")
	s.ConfigFile = r.Path("CONFIG_FILE", "/etc/twinstack/my.cnf", "mysqld's configuration")
	s.SocketFile = r.Path("SOCKET_FILE", "/run/mysqld/mysqld.sock", "mysqld's socket")
	s.TrustDirectory = r.Path("TRUST_DIRECTORY", "/run/twinstack/trust", "ca.crt, tls.crt and tls.key of mysqld and guard")
	s.AccountsDirectory = r.Path("ACCOUNTS_DIRECTORY", "/run/twinstack/accounts",
		"a folder with username and password for each of "+strings.Join(accountNames(), ", "))
	s.ListenAddress = r.ListenAddress("LISTEN_ADDRESS", ":8443", "where the guard answers, by HTTPS")
	s.Clients = r.Labels("GUARD_CLIENTS", "steward-"+s.Region, "names in client certificates that may open and close")
	s.Stop = r.Duration("STOP_SECONDS", time.Second, 20, 1, 300, "how long mysqld may take to stop before it is killed")
	level := r.OneOf("LOG_LEVEL", "info", []string{"debug", "info", "warn", "error"}, "least severe line logged")
	// OneOf admits only words that slog knows.
	_ = s.LogLevel.UnmarshalText([]byte(level))
	return s
}

func (s *Settings) readGroup(r *env.Reader) {
	s.GroupPort = r.Int("GROUP_PORT", 30361, 1, 65535, "the port of group replication, the same for the member and for others")
	s.GroupWeight = r.Int("GROUP_WEIGHT", 50, 0, 100, "how much the group prefers this member as its primary")
	s.GroupSeeds = r.Addresses("GROUP_SEEDS", "database-a-0:30361", "group replication's addresses of all members; used in mode group")
}

// credentials returns the account of one purpose.
func (s Settings) credentials(name string) (mysql.Credentials, error) {
	return mysql.ReadCredentials(filepath.Join(s.AccountsDirectory, name))
}

// arguments is mysqld's command line up to what only some starts have.
func (s Settings) arguments(data string) []string {
	trust := mysql.TrustIn(s.TrustDirectory)
	return []string{
		s.Command[0],
		"--defaults-file=" + s.ConfigFile,
		"--datadir=" + data,
		"--socket=" + s.SocketFile,
		"--pid-file=" + s.SocketFile + ".pid",
		"--server-id=" + strconv.Itoa(s.ServerID),
		// Nothing that somebody once persisted may make a member start writable, or follow.
		"--persisted-globals-load=OFF", "--super-read-only=ON", "--skip-replica-start=ON",
		"--ssl-ca=" + trust.CA, "--ssl-cert=" + trust.Cert, "--ssl-key=" + trust.Key,
		"--plugin-load-add=auth_socket=auth_socket.so",
	}
}

// serving is the command line of a member at work.
func (s Settings) serving() []string {
	line := append(s.arguments(s.DataDirectory),
		"--admin-address="+s.PodIP,
		"--report-host="+s.Member,
		"--report-port="+strconv.Itoa(s.ReportPort))
	if s.Mode == ModeGroup {
		trust := mysql.TrustIn(s.TrustDirectory)
		line = append(line,
			"--group-replication-local-address="+s.groupAddress(),
			"--group-replication-group-seeds="+strings.Join(s.GroupSeeds, ","),
			"--group-replication-member-weight="+strconv.Itoa(s.GroupWeight),
			"--group-replication-recovery-ssl-ca="+trust.CA,
			"--group-replication-recovery-ssl-cert="+trust.Cert,
			"--group-replication-recovery-ssl-key="+trust.Key)
	}
	return append(line, s.Command[1:]...)
}

// making is the command line that fills an empty data directory.
func (s Settings) making(data string) []string {
	return append(append(s.arguments(data), "--initialize-insecure"), s.Command[1:]...)
}

// furnishing is the command line of a mysqld that only its socket reaches, while accounts are made.
func (s Settings) furnishing(data string) []string {
	return append(append(s.arguments(data), s.Command[1:]...), "--skip-networking", "--super-read-only=OFF", "--read-only=OFF")
}
