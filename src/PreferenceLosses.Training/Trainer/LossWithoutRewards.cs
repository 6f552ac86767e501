using PreferenceLosses.Expressions;

namespace PreferenceLosses.Training;

/// <summary>A loss that is asked for no rewards, which would read columns that it itself does not.</summary>
internal sealed class LossWithoutRewards(IPreferenceLoss loss) : IPreferenceLoss
{
    /// <inheritdoc/>
    public string Name => loss.Name;

    /// <inheritdoc/>
    public ParameterValues Parameters => loss.Parameters;

    /// <inheritdoc/>
    public LossGraph Graph { get; } = new(loss.Graph.Losses, rewards: null, loss.Graph.IsVerbatim, loss.Graph.MaximumResponses);
}
