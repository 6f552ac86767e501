using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>What a gradient is like.</summary>
internal readonly record struct GradientForm(long[] Shape, ScalarType Type, Device Device)
{
    /// <summary>The form of the gradient of a tensor, which is the tensor's own.</summary>
    public static GradientForm Of(Tensor tensor) => new(tensor.shape, tensor.dtype, tensor.device);

    /// <summary>NaN everywhere, in the memory of one number: a gradient that could not be computed may be one that there was no memory for.</summary>
    public Tensor NotNumbers() => full([], double.NaN, Type, Device).expand(Shape);
}

/// <summary>The way back through an autograd function, where nothing may be thrown: libtorch is in the middle, and the process would end.</summary>
internal sealed class BackwardPass
{
    /// <summary>
    /// What was returned last on this thread. libtorch has taken it over by the time it calls again; until then somebody has to hold it, and
    /// nobody would dispose of it.
    /// </summary>
    [ThreadStatic]
    private static Tensor[]? returned;

    /// <summary>Whose that is.</summary>
    [ThreadStatic]
    private static BackwardPass? last;

    /// <summary>The first exception, or null.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Computes gradients; what is thrown is kept, and the gradients are NaN, or null if there is no memory for that either.</summary>
    /// <param name="context">The function's context; null if nothing was saved in it.</param>
    /// <param name="upstream">What libtorch passed in; disposed of.</param>
    /// <param name="gradients">Computes one gradient for each tensor from what was saved.</param>
    /// <param name="forms">What each gradient is like, known without looking at any tensor that may be the reason.</param>
    /// <param name="others">The number of arguments after the tensors, which have no gradient.</param>
    public List<Tensor> Run(
        autograd.AutogradContext? context, Tensor upstream, Func<List<Tensor>, Tensor[]> gradients, IReadOnlyList<GradientForm> forms, int others)
    {
        List<Tensor> saved = [];
        var results = Guarded(() =>
        {
            if (is_grad_enabled())
            {
                throw new NotSupportedException(
                    $"The gradient of the fused route cannot be differentiated again (create_graph: true); ask for {nameof(LossRoute)}.{nameof(LossRoute.Lowered)}.");
            }

            saved = context?.get_saved_variables() ?? saved;
            return gradients(saved);
        });
        results ??= Guarded(() => NotNumbers(forms));
        Guarded(() =>
        {
            last?.Release();
            foreach (var tensor in saved)
            {
                tensor?.Dispose();
            }

            upstream?.Dispose();
            return null;
        });
        (returned, last) = (results, this);
        var padded = new List<Tensor>(forms.Count + others);
        padded.AddRange(results ?? new Tensor[forms.Count]);
        CollectionsMarshal.SetCount(padded, forms.Count + others);
        return padded;
    }

    /// <summary>
    /// Disposes of what was returned last, if it was by this pass and on this thread: what the caller does here, libtorch does not do at the same time. (On a GPU it is
    /// another thread that goes back, which does so itself the next time.)
    /// </summary>
    public void Release()
    {
        if (!ReferenceEquals(last, this))
        {
            return;
        }

        foreach (var tensor in returned ?? [])
        {
            tensor?.Dispose();
        }

        (returned, last) = (null, null);
    }

    private static Tensor[] NotNumbers(IEnumerable<GradientForm> forms)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return [.. forms.Select(form => form.NotNumbers().MoveToOuterDisposeScope())];
    }

    /// <summary>What a function gives; null if it throws.</summary>
    private Tensor[]? Guarded(Func<Tensor[]?> function)
    {
        try
        {
            return function();
        }
#pragma warning disable CA1031 // Whatever it is, it must not get into libtorch; Error has it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Error ??= exception;
            return null;
        }
    }
}
