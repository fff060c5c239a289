package resolver

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"

	"twinstack.dev/platform/internal/supervise"
)

// own is a name that every resolver answers for by itself, without asking anyone (RFC 6303).
var own = dnsmessage.MustNewName("1.0.0.127.in-addr.arpa.")

// answers is ready when a resolver answers.
func answers(address netip.AddrPort) supervise.Probe {
	return func(ctx context.Context) error {
		message, err := exchange(ctx, address, own, dnsmessage.TypePTR)
		if err == nil && message.RCode != dnsmessage.RCodeSuccess {
			err = fmt.Errorf("%s answers %s for %s", address, message.RCode, own)
		}
		return err
	}
}

// exchange asks one question over UDP, once.
func exchange(ctx context.Context, address netip.AddrPort, name dnsmessage.Name, kind dnsmessage.Type) (dnsmessage.Message, error) {
	var answer dnsmessage.Message
	question := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 1, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: name, Type: kind, Class: dnsmessage.ClassINET}},
	}
	packet, err := question.Pack()
	if err != nil {
		return answer, err
	}
	connection, err := new(net.Dialer).DialContext(ctx, "udp", address.String())
	if err != nil {
		return answer, err
	}
	defer connection.Close()
	// A silent server must not outlast the context.
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	if _, err := connection.Write(packet); err != nil {
		return answer, err
	}
	buffer := make([]byte, 4096)
	n, err := connection.Read(buffer)
	if err != nil {
		return answer, err
	}
	return answer, answer.Unpack(buffer[:n])
}
