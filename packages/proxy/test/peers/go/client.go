package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const patience = 20 * time.Second

// run plays one case against a server; an error is what differs from what a gRPC server would have done.
func run(address, name string) error {
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{}), grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return err
	}
	defer connection.Close()
	play, ok := cases[name]
	if !ok {
		return fmt.Errorf("no case %q", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return play(ctx, connection)
}

var cases = map[string]func(context.Context, *grpc.ClientConn) error{
	"unary":         playUnary,
	"server-stream": playCount,
	"client-stream": playSum,
	"bidi":          playChat,
	"metadata":      playMetadata,
	"error":         playError,
	"deadline":      playDeadline,
	"deadline-told": playTold,
	"cancel":        playCancel,
	"cancel-stream": playCancelStream,
	"silences":      playSilences,
	"big":           playBig,
	"unavailable":   playUnavailable,
	"balance":       playBalance,
}

func ask(ctx context.Context, connection *grpc.ClientConn, message string, options ...grpc.CallOption) (string, error) {
	asked, answer := []byte(message), []byte(nil)
	err := connection.Invoke(ctx, "/peers.Peer/Unary", &asked, &answer, options...)
	return string(answer), err
}

func open(ctx context.Context, connection *grpc.ClientConn, method string) (grpc.ClientStream, error) {
	both := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	return connection.NewStream(ctx, both, "/peers.Peer/"+method)
}

func send(stream grpc.ClientStream, text string) error {
	message := []byte(text)
	return stream.SendMsg(&message)
}

func receive(stream grpc.ClientStream) (string, error) {
	var message []byte
	err := stream.RecvMsg(&message)
	return string(message), err
}

func playUnary(ctx context.Context, connection *grpc.ClientConn) error {
	return expect(ask(ctx, connection, "hello"))("hello")
}

func playCount(ctx context.Context, connection *grpc.ClientConn) error {
	stream, err := open(ctx, connection, "Count")
	if err != nil {
		return err
	}
	if err := send(stream, "1000"); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for number := 1; number <= 1000; number++ {
		if err := expect(receive(stream))(strconv.Itoa(number)); err != nil {
			return err
		}
	}
	if _, err := receive(stream); err != io.EOF {
		return fmt.Errorf("expected the end, got %v", err)
	}
	return nil
}

func playSum(ctx context.Context, connection *grpc.ClientConn) error {
	stream, err := open(ctx, connection, "Sum")
	if err != nil {
		return err
	}
	for number := 1; number <= 1000; number++ {
		if err := send(stream, strconv.Itoa(number)); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return expect(receive(stream))("500500")
}

func playChat(ctx context.Context, connection *grpc.ClientConn) error {
	stream, err := open(ctx, connection, "Chat")
	if err != nil {
		return err
	}
	for number := 0; number < 200; number++ {
		word := strconv.Itoa(number)
		if err := send(stream, word); err != nil {
			return err
		}
		if err := expect(receive(stream))(word); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := receive(stream); err != io.EOF {
		return fmt.Errorf("expected the end, got %v", err)
	}
	return nil
}

func playMetadata(ctx context.Context, connection *grpc.ClientConn) error {
	secret := string([]byte{0, 1, 0xfe, 0xff})
	sent := metadata.Pairs("x-there", "a", "x-there", "b", "x-there-bin", secret)
	var head, end metadata.MD
	_, err := ask(metadata.NewOutgoingContext(ctx, sent), connection, "metadata", grpc.Header(&head), grpc.Trailer(&end))
	if err != nil {
		return err
	}
	if got := fmt.Sprint(head["x-head"]); got != "[a b]" && got != "[a, b]" {
		return fmt.Errorf("x-head is %q", head["x-head"])
	}
	if len(end["x-end-bin"]) != 1 || end["x-end-bin"][0] != secret {
		return fmt.Errorf("x-end-bin is %q", end["x-end-bin"])
	}
	return nil
}

func playError(ctx context.Context, connection *grpc.ClientConn) error {
	_, err := ask(ctx, connection, "fail")
	got := status.Convert(err)
	if got.Code() != codes.FailedPrecondition || got.Message() != "50 % of “it”" {
		return fmt.Errorf("got %v %q", got.Code(), got.Message())
	}
	return nil
}

func playDeadline(ctx context.Context, connection *grpc.ClientConn) error {
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err := ask(short, connection, "wait")
	return expectCode(err, codes.DeadlineExceeded)
}

// playTold wants the server to be told less than the client's ten seconds.
func playTold(ctx context.Context, connection *grpc.ClientConn) error {
	ten, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	told, err := ask(ten, connection, "time")
	if err != nil {
		return err
	}
	if ms, err := strconv.Atoi(told); err != nil || ms <= 0 || ms > 9_500 {
		return fmt.Errorf("the server was told %q ms", told)
	}
	return nil
}

func playCancel(ctx context.Context, connection *grpc.ClientConn) error {
	left, leave := context.WithCancel(ctx)
	time.AfterFunc(200*time.Millisecond, leave)
	_, err := ask(left, connection, "wait")
	return expectCode(err, codes.Canceled)
}

func playCancelStream(ctx context.Context, connection *grpc.ClientConn) error {
	left, leave := context.WithCancel(ctx)
	defer leave()
	stream, err := open(left, connection, "Chat")
	if err != nil {
		return err
	}
	if err := send(stream, "one"); err != nil {
		return err
	}
	if err := expect(receive(stream))("one"); err != nil {
		return err
	}
	leave()
	_, err = receive(stream)
	// A client that ends at once may be gone before its reset is out.
	time.Sleep(200 * time.Millisecond)
	return expectCode(err, codes.Canceled)
}

// playSilences leaves the server silent six times, each long enough to be asked whether it is still there.
func playSilences(ctx context.Context, connection *grpc.ClientConn) error {
	stream, err := open(ctx, connection, "Chat")
	if err != nil {
		return err
	}
	for _, word := range []string{"one", "two"} {
		if err := send(stream, word); err != nil {
			return err
		}
		if err := expect(receive(stream))(word); err != nil {
			return err
		}
		for silence := 0; silence < 6 && word == "one"; silence++ {
			// A deadline would make it say something.
			left, leave := context.WithCancel(ctx)
			time.AfterFunc(900*time.Millisecond, leave)
			_, err := ask(left, connection, "wait")
			if err := expectCode(err, codes.Canceled); err != nil {
				return err
			}
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := receive(stream); err != io.EOF {
		return fmt.Errorf("expected the end, got %v", err)
	}
	return nil
}

func playBig(ctx context.Context, connection *grpc.ClientConn) error {
	big := string(bytes.Repeat([]byte("0123456789abcdef"), 1<<20))
	got, err := ask(ctx, connection, big)
	if err != nil {
		return err
	}
	if got != big {
		return fmt.Errorf("%d bytes came back, and not the same", len(got))
	}
	return nil
}

func playUnavailable(ctx context.Context, connection *grpc.ClientConn) error {
	_, err := ask(ctx, connection, "hello")
	return expectCode(err, codes.Unavailable)
}

// playBalance prints how many of 60 calls over one connection each server answered.
func playBalance(ctx context.Context, connection *grpc.ClientConn) error {
	counts := map[string]int{}
	for call := 0; call < 60; call++ {
		name, err := ask(ctx, connection, "name")
		if err != nil {
			return err
		}
		counts[name]++
	}
	fmt.Println(counts["a"], counts["b"])
	return nil
}

func expect(got string, err error) func(string) error {
	return func(wanted string) error {
		if err == nil && got != wanted {
			err = fmt.Errorf("expected %q, got %q", wanted, got)
		}
		return err
	}
}

func expectCode(err error, wanted codes.Code) error {
	if got := status.Code(err); got != wanted {
		return fmt.Errorf("expected %v, got %v", wanted, err)
	}
	return nil
}
