using PreferenceLosses.Training;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>A batch's log-probabilities as the end of libtorch's autograd graph.</summary>
/// <param name="result">What the graph ends in; null for no sequences.</param>
/// <param name="afterwards">Is called after each backward pass.</param>
internal sealed class TorchForwardPass(TensorLogProbabilities? result, Action afterwards) : IForwardPass
{
    private readonly double[] values = result is null ? [] : TorchPolicyReader.Values(result.Sums);
    private bool isDone;
    private bool isDisposed;

    public ReadOnlySpan<double> LogProbabilities
    {
        get
        {
            ObjectDisposedException.ThrowIf(isDisposed, typeof(IForwardPass));
            return values;
        }
    }

    /// <exception cref="InvalidOperationException">It was called before: libtorch has given the graph back.</exception>
    public void Backward(ReadOnlySpan<double> weights)
    {
        ObjectDisposedException.ThrowIf(isDisposed, typeof(IForwardPass));
        if (weights.Length != values.Length)
        {
            throw new ArgumentException($"There are {weights.Length} weights for {values.Length} sequences.", nameof(weights));
        }

        if (isDone)
        {
            throw new InvalidOperationException("The backward pass of these sequences has been made; it is made once.");
        }

        isDone = true;
        if (result is null)
        {
            return;
        }

        using var scope = NewDisposeScope();
        result.Sums.backward([tensor(weights.ToArray(), dtype: result.Sums.dtype, device: result.Sums.device)]);
        if (result.BackwardError is { } error)
        {
            throw new InvalidOperationException("The gradient of the log-probabilities could not be computed.", error);
        }

        afterwards();
    }

    public void Dispose()
    {
        isDisposed = true;
        result?.Dispose();
    }
}
