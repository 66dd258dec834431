package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func serve(address, name string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.MaxRecvMsgSize(64<<20))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "peers.Peer",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Unary", Handler: unary}},
		Streams: []grpc.StreamDesc{
			{StreamName: "Count", Handler: count, ServerStreams: true},
			{StreamName: "Sum", Handler: sum, ClientStreams: true},
			{StreamName: "Chat", Handler: chat, ServerStreams: true, ClientStreams: true},
		},
	}, name)
	fmt.Println("listening")
	return server.Serve(listener)
}

// unary does what its message says.
func unary(service any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var asked []byte
	if err := decode(&asked); err != nil {
		return nil, err
	}
	answer := asked
	switch word := string(asked[:min(len(asked), 16)]); word {
	case "name":
		answer = []byte(service.(string))
	case "fail":
		return nil, status.Error(codes.FailedPrecondition, "50 % of “it”")
	case "time":
		deadline, ok := ctx.Deadline()
		if !ok {
			return nil, status.Error(codes.Internal, "no deadline came")
		}
		answer = []byte(strconv.FormatInt(time.Until(deadline).Milliseconds(), 10))
	case "wait":
		<-ctx.Done()
		fmt.Println("cancelled", ctx.Err())
		return nil, ctx.Err()
	case "metadata":
		got, _ := metadata.FromIncomingContext(ctx)
		grpc.SetHeader(ctx, metadata.MD{"x-head": got["x-there"]})
		grpc.SetTrailer(ctx, metadata.MD{"x-end-bin": got["x-there-bin"]})
	}
	return &answer, nil
}

func count(_ any, stream grpc.ServerStream) error {
	var asked []byte
	if err := stream.RecvMsg(&asked); err != nil {
		return err
	}
	most, _ := strconv.Atoi(string(asked))
	for number := 1; number <= most; number++ {
		message := []byte(strconv.Itoa(number))
		if err := stream.SendMsg(&message); err != nil {
			return err
		}
	}
	return nil
}

func sum(_ any, stream grpc.ServerStream) error {
	total := 0
	for {
		var message []byte
		err := stream.RecvMsg(&message)
		if err == io.EOF {
			answer := []byte(strconv.Itoa(total))
			return stream.SendMsg(&answer)
		}
		if err != nil {
			return err
		}
		number, _ := strconv.Atoi(string(message))
		total += number
	}
}

func chat(_ any, stream grpc.ServerStream) error {
	for {
		var message []byte
		if err := stream.RecvMsg(&message); err == io.EOF {
			return nil
		} else if err != nil {
			fmt.Println("cancelled", stream.Context().Err())
			return err
		}
		if err := stream.SendMsg(&message); err != nil {
			return err
		}
	}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
