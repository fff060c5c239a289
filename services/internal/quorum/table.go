package quorum

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Attributes of the item. Stack is the table's key; its value is the stack's prefix.
const (
	attributeStack    = "stack"
	attributeRevision = "revision"
	attributeDocument = "document"
)

// errNotWritten means that a write surely was not done and may be tried again: somebody else was first, or the table is
// busy.
var errNotWritten = errors.New("the table was being changed by somebody else")

// refusal is an answer that says no: nothing was written, and trying again would be answered alike.
type refusal struct{ err error }

func (r refusal) Error() string { return r.err.Error() }
func (r refusal) Unwrap() error { return r.err }

// table keeps one document. An error of replace that is neither errNotWritten nor a refusal tells nothing: the write may
// have been done, or may yet be.
type table interface {
	// get returns what was agreed after the call began; revision 0 if there is nothing.
	get(ctx context.Context) (document, error)
	// replace writes d if the revision still is the one before d's.
	replace(ctx context.Context, d document) error
}

// dynamoTable is an item of a DynamoDB table. In a global table with strong consistency a write is answered once two
// regions have it, and a consistent read gives the last one in any region.
type dynamoTable struct {
	client *dynamodb.Client
	name   string
	stack  string
}

func (t *dynamoTable) get(ctx context.Context) (document, error) {
	answer, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{attributeStack: &types.AttributeValueMemberS{Value: t.stack}},
	})
	if err != nil {
		return document{}, outcome(err)
	}
	if len(answer.Item) == 0 {
		return document{}, nil
	}
	number, hasRevision := answer.Item[attributeRevision].(*types.AttributeValueMemberN)
	packed, hasDocument := answer.Item[attributeDocument].(*types.AttributeValueMemberB)
	if !hasRevision || !hasDocument {
		return document{}, fmt.Errorf("the item %s of table %s is none of this program's", t.stack, t.name)
	}
	revision, err := strconv.ParseInt(number.Value, 10, 64)
	if err != nil {
		return document{}, fmt.Errorf("the item %s of table %s has revision %q", t.stack, t.name, number.Value)
	}
	return unpack(packed.Value, revision)
}

func (t *dynamoTable) replace(ctx context.Context, d document) error {
	packed, err := d.pack()
	if err != nil {
		return refusal{err}
	}
	revision := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	write := &dynamodb.PutItemInput{
		TableName: &t.name,
		Item: map[string]types.AttributeValue{
			attributeStack:    &types.AttributeValueMemberS{Value: t.stack},
			attributeRevision: revision(d.Revision),
			attributeDocument: &types.AttributeValueMemberB{Value: packed},
		},
	}
	if d.Revision == 1 {
		write.ConditionExpression = aws.String("attribute_not_exists(" + attributeStack + ")")
	} else {
		write.ConditionExpression = aws.String(attributeRevision + " = :before")
		write.ExpressionAttributeValues = map[string]types.AttributeValue{":before": revision(d.Revision - 1)}
	}
	_, err = t.client.PutItem(ctx, write)
	return outcome(err)
}

// outcome tells what an error says of a request: done, surely not done, refused, or nothing.
func outcome(err error) error {
	var (
		condition  *types.ConditionalCheckFailedException
		conflict   *types.ReplicatedWriteConflictException
		throughput *types.ProvisionedThroughputExceededException
		limit      *types.RequestLimitExceeded
		throttled  *types.ThrottlingException
		answered   *awshttp.ResponseError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &condition), errors.As(err, &conflict), errors.As(err, &throughput), errors.As(err, &limit), errors.As(err, &throttled):
		return fmt.Errorf("%w: %w", errNotWritten, err)
	case errors.As(err, &answered) && answered.HTTPStatusCode() < http.StatusInternalServerError:
		return refusal{err}
	}
	return err
}
