using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>The way back through an autograd function, where nothing may be thrown: libtorch is in the middle, and the process would end.</summary>
internal sealed class BackwardPass
{
    /// <summary>
    /// What was returned last on this thread. libtorch has taken it over by the time it calls again; until then somebody has to hold it, and
    /// nobody would dispose of it.
    /// </summary>
    [ThreadStatic]
    private static List<Tensor?>? returned;

    /// <summary>The first exception, or null.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Computes gradients; what is thrown is kept, and the gradients are NaN.</summary>
    /// <param name="context">The function's context.</param>
    /// <param name="upstream">What libtorch passed in; disposed of.</param>
    /// <param name="gradients">Computes one gradient for each tensor from what was saved.</param>
    /// <param name="empties">Makes a tensor for each gradient, of its shape, type and device, without looking at any that may be the reason.</param>
    /// <param name="others">The number of arguments after the tensors, which have no gradient.</param>
    public List<Tensor> Run(
        autograd.AutogradContext context, Tensor upstream, Func<List<Tensor>, Tensor[]> gradients, Func<IEnumerable<Tensor>> empties, int others)
    {
        List<Tensor> saved = [];
        List<Tensor> results;
        try
        {
            if (is_grad_enabled())
            {
                throw new NotSupportedException(
                    $"The gradient of the fused route cannot be differentiated again (create_graph: true); ask for {nameof(LossRoute)}.{nameof(LossRoute.Lowered)}.");
            }

            saved = context.get_saved_variables();
            results = [.. gradients(saved)];
        }
#pragma warning disable CA1031 // Whatever it is, it must not get into libtorch; Error has it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Error ??= exception;
            using var _ = no_grad();
            results = [.. empties().Select(tensor => tensor.fill_(double.NaN))];
        }

        foreach (var tensor in saved)
        {
            tensor?.Dispose();
        }

        upstream.Dispose();
        foreach (var tensor in returned ?? [])
        {
            tensor?.Dispose();
        }

        returned = [.. results];
        results.AddRange(Enumerable.Repeat<Tensor>(null!, others));
        return results;
    }
}
