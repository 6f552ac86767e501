using System.Numerics;
using System.Text.Json;
using PreferenceLosses.Cli.Json;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>Evaluates a request and writes the answer as one line.</summary>
internal static class Evaluator
{
    /// <summary>Writes the answer. Where there is none, it throws and has written nothing.</summary>
    public static void Answer(EvaluationRequest request, JsonElement? id, TextWriter output)
    {
        if (request.Precision == Precision.Single)
        {
            Answer<float>(request, id, output);
        }
        else
        {
            Answer<double>(request, id, output);
        }
    }

    private static void Answer<T>(EvaluationRequest request, JsonElement? id, TextWriter output)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var batch = InputReader<T>.Read(request.Input, request.Loss);
        var result = Evaluate(request, batch);
        JsonText.WriteLine(output, writer => ResultWriter.Write(writer, id, result, batch));
    }

    private static LossResult<T> Evaluate<T>(EvaluationRequest request, InputBatch<T> batch)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        try
        {
            return request.Loss.Evaluate(batch.ToBatch(), new EvaluationOptions { SingleRow = request.SingleRow });
        }
        catch (InvalidBatchException wrong)
        {
            // The library names the choice as C# writes it.
            throw CommandException.Failure(LibraryMessage.Of(wrong).Replace(
                $"{nameof(SingleRow)}.{nameof(SingleRow.PyTorch)}",
                "--one-row pytorch (on a line of a batch, \"one_row\":\"pytorch\")",
                StringComparison.Ordinal));
        }
    }
}
